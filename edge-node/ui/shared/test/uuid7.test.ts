import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uuid7 } from '../src/uuid7.ts';

const zeros = (length: number) => new Uint8Array(length);

test('an id has the shape of version 7 and starts with its time', () => {
  const id = uuid7(0x0190_1234_5678, zeros, { ms: 0, counter: 0 });
  assert.equal(id, '01901234-5678-7000-8000-000000000000');
  assert.match(uuid7(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('ids rise within a millisecond and while the clock goes back', () => {
  const last = { ms: 0, counter: 0 };
  const ids = [5000, 5000, 4000, 5001].map((now) => uuid7(now, zeros, last));
  assert.deepEqual([...ids].sort(), ids);
});

test('five thousand ids of one millisecond are all different', () => {
  const last = { ms: 0, counter: 0 };
  const ids = Array.from({ length: 5000 }, () => uuid7(7, zeros, last));
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual([...ids].sort(), ids);
});
