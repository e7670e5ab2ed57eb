import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Burst } from '../src/scan/burst.ts';
import { hasCheckDigit, parseGs1, sameGtin } from '../src/scan/gs1.ts';
import { read } from '../src/scan/reading.ts';

const GTIN = '09501101530003';

function type(burst: Burst, text: string, from_ms: number, gap_ms: number): string[] {
  return [...text].map((key, at) => burst.feed(key, from_ms + at * gap_ms).do);
}

test('a burst with Enter is a scan, and only its first character was let through', () => {
  const burst = new Burst();
  assert.deepEqual(type(burst, '85123A', 0, 8), ['pass', 'swallow', 'swallow', 'swallow', 'swallow', 'swallow']);
  assert.deepEqual(burst.feed('Enter', 48), { do: 'scan', text: '85123A' });
});

test('Tab ends a scan too', () => {
  const burst = new Burst();
  type(burst, 'A-10-2', 0, 20);
  assert.deepEqual(burst.feed('Tab', 120), { do: 'scan', text: 'A-10-2' });
});

test('a person who types and presses Enter does not scan', () => {
  const burst = new Burst();
  assert.deepEqual(type(burst, '1250', 0, 90), ['pass', 'pass', 'pass', 'pass']);
  assert.deepEqual(burst.feed('Enter', 450), { do: 'pass' });
});

test('two keys rolled over are given back to the field', () => {
  const burst = new Burst();
  assert.deepEqual(type(burst, 'er', 0, 30), ['pass', 'swallow']);
  assert.equal(burst.stale(60), false);
  assert.equal(burst.stale(90), true);
  assert.equal(burst.release(), 'r');
  assert.deepEqual(burst.feed('Enter', 95), { do: 'pass' });
});

test('the same scan within 300 ms is the trigger bouncing', () => {
  const burst = new Burst();
  type(burst, '71053', 0, 5);
  assert.deepEqual(burst.feed('Enter', 25), { do: 'scan', text: '71053' });
  type(burst, '71053', 100, 5);
  assert.deepEqual(burst.feed('Enter', 125), { do: 'scan', text: null });
  type(burst, '71053', 900, 5);
  assert.deepEqual(burst.feed('Enter', 925), { do: 'scan', text: '71053' });
});

test('the prefix of the symbology is taken off', () => {
  assert.equal(read(']A085123A').code, '85123A');
  assert.equal(read(']E05000000123456').code, '5000000123456');
  assert.equal(read('85123A').code, '85123A');
});

test('GS1 content is taken apart, with and without separators', () => {
  const whole = read(`]C101${GTIN}10LOT7\x1d1727013137024`);
  assert.deepEqual(
    { code: whole.code, lot: whole.lot, expiry: whole.expiry, count: whole.count },
    { code: GTIN, lot: 'LOT7', expiry: '2027-01-31', count: 24 },
  );
  assert.equal(read(`(01)${GTIN}(10)AB-1(17)270200`).expiry, '2027-02-28');
  assert.equal(read(`01${GTIN}17270131`).code, GTIN);
});

test('what only looks like GS1 stays what it is', () => {
  assert.equal(read('0112345678901234567').code, '0112345678901234567');
  assert.equal(parseGs1('85123A'), null);
  assert.equal(parseGs1(`01${GTIN.slice(0, 10)}`), null);
});

test('GTINs of different lengths name one article', () => {
  assert.equal(sameGtin('9501101530003', GTIN), true);
  assert.equal(sameGtin('9501101530003', '9501101530010'), false);
  assert.equal(hasCheckDigit(GTIN), true);
  assert.equal(hasCheckDigit('09501101530004'), false);
});
