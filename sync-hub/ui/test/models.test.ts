import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DayFacts, errorRatio, type Model, onTrial, plotLines, worstDrift } from '../src/models.ts';

function day(site: string, day: number, model_milli: number, drift: DayFacts['drift'] = []): DayFacts {
  return {
    site, day, state: 'active', active: 1, shadow: null, by_model: 0, by_baseline: 0, rollbacks: 0, note: null, drift, shadow_errors: null,
    active_errors: { pairs: 10, model_milli, baseline_milli: 1000, covered: null },
  };
}

test('nothing compared is no ratio, and one above one says that the formula is better', () => {
  assert.equal(errorRatio(null), null);
  assert.equal(errorRatio({ pairs: 0, model_milli: 1, baseline_milli: 1, covered: null }), null);
  assert.equal(errorRatio({ pairs: 4, model_milli: 900, baseline_milli: 600, covered: null }), 1.5);
});

test('too few cases say nothing of drift', () => {
  const few = { column: 'a', seen: 3, psi_milli: 900, verdict: 'too_few' as const };
  assert.equal(worstDrift(day('NBO-1', 1, 500, [few])), null);
  assert.equal(worstDrift(day('NBO-1', 1, 500, [few, { column: 'b', seen: 300, psi_milli: 120, verdict: 'drifted' }])), 0.12);
});

test('each depot has a line, and a day without a value leaves none', () => {
  const days = [day('NBO-2', 1, 500), day('NBO-1', 1, 800), { ...day('NBO-1', 2, 1), active_errors: null }, day('NBO-1', 3, 700)];
  assert.deepEqual(plotLines(days, (one) => errorRatio(one.active_errors)), [
    { site: 'NBO-1', points: [{ day: 1, value: 0.8 }, { day: 3, value: 0.7 }] },
    { site: 'NBO-2', points: [{ day: 1, value: 0.5 }] },
  ]);
});

test('a version is on trial from the order on, and no more once it is used where it was tried', () => {
  const version = (shadow_at: string[], active_at: string[]) => ({ version: 2, shadow_at, active_at }) as unknown as Model['versions'][number];
  const model = (challenger: number | null, shadow_at: string[], active_at: string[]) => ({ challenger, versions: [version(shadow_at, active_at)] }) as unknown as Model;
  assert.equal(onTrial(model(2, [], [])), 2);
  assert.equal(onTrial(model(2, ['NBO-2'], ['NBO-1'])), 2);
  assert.equal(onTrial(model(2, [], ['NBO-1'])), null);
  assert.equal(onTrial(model(null, [], [])), null);
});
