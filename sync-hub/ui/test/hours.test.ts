import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barsOf, HOUR_MS, mostOf, type NodeHour } from '../src/hours.ts';

function hour(at: number, unsent_max: number): NodeHour {
  return { hour_ms: at * HOUR_MS, lag_ms_max: 0, unsent_max, quarantined: 0, entries: 0, link_bytes: 0 };
}

test('bars stand at their hour, the newest at the right, and gaps stay gaps', () => {
  const items = [hour(10, 8), hour(11, 0), hour(14, 2), hour(15, 4)];
  const unsent = (one: NodeHour) => one.unsent_max;
  assert.deepEqual(barsOf(items, 6, 15.4 * HOUR_MS, unsent), [{ at: 0, share: 1 }, { at: 4, share: 0.25 }, { at: 5, share: 0.5 }]);
  assert.equal(mostOf(items, unsent), 8);
  assert.deepEqual(barsOf([], 6, 0, unsent), []);
  assert.deepEqual(barsOf([hour(3, 5)], 6, 15 * HOUR_MS, unsent), [], 'too long ago');
});
