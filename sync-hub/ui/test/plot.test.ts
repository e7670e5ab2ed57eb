import assert from 'node:assert/strict';
import { test } from 'node:test';
import { likelyVersion, type Model, STEPS, titleOf } from '../src/models.ts';
import { endLabels, rangeOf } from '../src/plot.ts';

test('a plot spans its values and the limit, however close or far they are', () => {
  for (const values of [[0.9], [1], [0.95, 0.97], [3.2, 0.1], []]) {
    const range = rangeOf(values, 1, false);
    for (const value of [...values, 1]) assert.ok(range.low < value && value < range.high, `${value} of ${values} in ${range.low}..${range.high}`);
    assert.equal(new Set(range.ticks).size, range.ticks.length);
    assert.ok(range.ticks.includes(1));
  }
  assert.equal(rangeOf([0.04], 0.1, true).low, 0);
});

test('labels at the ends of lines never cover each other, and stay in the plot', () => {
  for (const ends of [[50, 50, 50], [10, 12, 200], [199, 200], [], [100]]) {
    const placed = endLabels(ends, 12, 200);
    const sorted = placed.toSorted((a, b) => a - b);
    sorted.forEach((at, line) => assert.ok(at >= 12 - 1e-9 && at <= 200 && (line === 0 || at - sorted[line - 1]! >= 14), `${placed}`));
  }
  assert.deepEqual(endLabels([40, 120], 12, 200), [40, 120]);
});

function model(champion: number | null, challenger: number | null): Model {
  const version = (number: number) => ({ version: number, title: `Arrival ${number}`, active_at: [], shadow_at: [] }) as unknown as Model['versions'][number];
  return { model: 'arrival-time', champion, challenger, proposals_open: 0, versions: [3, 2, 1].map(version) };
}

test('a step begins with the version that is usually meant', () => {
  const chosen = (of: Model) => STEPS.map((step) => likelyVersion(of, step));
  assert.deepEqual(chosen(model(2, 3)), [3, 3, 2, 2, 1]);
  assert.deepEqual(chosen(model(1, null)), [3, 3, 1, 1, 1]);
  assert.deepEqual(chosen(model(null, null)), [3, 3, 3, 3, 2]);
  const ring = model(null, null);
  ring.versions[1]!.shadow_at.push('NBO-1');
  ring.versions[2]!.active_at.push('NBO-1');
  assert.deepEqual(chosen(ring), [3, 2, 1, 1, 1], 'a ring may be elsewhere than the region');
  assert.deepEqual(chosen({ ...model(null, null), versions: [] }), [null, null, null, null, null]);
});

test('a model is called what its newest card says', () => {
  assert.equal(titleOf(model(1, null)), 'Arrival 3');
  assert.equal(titleOf({ ...model(null, null), versions: [] }), 'arrival-time');
});
