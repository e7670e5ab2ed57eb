import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal, formatMoney, parseMoney } from '../src/money.ts';

const spaces = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');
const KES = { code: 'KES', digits: 2 };
const XAF = { code: 'XAF', digits: 0 };

test('amounts show their currency and its decimals', () => {
  assert.equal(spaces(formatMoney(123_450, KES, 'en-GB')), 'KES 1,234.50');
  assert.equal(spaces(formatMoney(123_450, KES, 'fr-FR')), '1 234,50 KES');
  assert.equal(spaces(formatMoney(1_234, XAF, 'en-GB')), 'XAF 1,234');
  assert.equal(formatMoney(123_450, KES, 'en-GB', 'decimal'), '1,234.50');
});

test('an amount beyond exact floats keeps its last unit', () => {
  assert.equal(spaces(formatMoney(9_007_199_254_740_991, KES, 'en-GB')), 'KES 90,071,992,547,409.91');
});

test('a negative amount below one keeps its sign', () => {
  assert.equal(decimal(-5, 2), '-0.05');
  assert.equal(decimal(-5, 0), '-5');
});

for (const [text, digits, minor] of [
  ['250', 2, 25_000],
  ['250.5', 2, 25_050],
  ['250,50', 2, 25_050],
  ['1,234.50', 2, 123_450],
  ['1.234,50', 2, 123_450],
  ['1 234,50', 2, 123_450],
  ['1,234', 2, 123_400],
  ['1,234,567', 2, 123_456_700],
  ['0.05', 2, 5],
  ['1.234', 0, 1_234],
  ['1 234', 0, 1_234],
  ['12.5', 0, null],
  ['1.2345', 2, null],
  ['-5', 2, null],
  ['', 2, null],
  ['12a', 2, null],
  ['99999999999999999', 2, null],
] as const) {
  test(`"${text}" at ${digits} decimals is ${minor}`, () => assert.equal(parseMoney(text, digits), minor));
}
