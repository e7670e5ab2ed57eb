import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age } from '../src/age.ts';
import { readProblem } from '../src/problem.ts';
import { parseQuantity } from '../src/quantity.ts';
import { link, match, parseHash } from '../src/routes.ts';

test('an age is in the coarsest unit, and never negative', () => {
  assert.deepEqual(age(0, 59_999), { unit: 'now', count: 0 });
  assert.deepEqual(age(0, 60_000), { unit: 'minutes', count: 1 });
  assert.deepEqual(age(0, 7_200_000), { unit: 'hours', count: 2 });
  assert.deepEqual(age(0, 3 * 86_400_000), { unit: 'days', count: 3 });
  assert.deepEqual(age(5_000, 0), { unit: 'now', count: 0 });
});

test('quantities are whole, and at least what is asked', () => {
  assert.equal(parseQuantity(' 1 200 '), 1200);
  assert.equal(parseQuantity('0', 0), 0);
  for (const text of ['0', '', '-1', '1.5', '1e3', '1000001', 'x']) assert.equal(parseQuantity(text), null, text);
});

test('addresses are read and written', () => {
  assert.deepEqual(parseHash('#/pair?code=42%2042'), { path: '/pair', query: { code: '42 42' } });
  assert.deepEqual(parseHash(''), { path: '/', query: {} });
  assert.deepEqual(match('/stock/:code', `/${link('stock', 'A/B 1').slice(2)}`), { code: 'A/B 1' });
  assert.equal(match('/orders/:order', '/orders'), null);
  assert.equal(match('/orders/:order', '/orders/'), null);
});

test('a problem document is read, and anything else becomes one', () => {
  const problem = readProblem(422, { type: 'urn:omniroute:problem:no-right', detail: 'no', field: 'lines[0]', remedy: 'ask' }, null);
  assert.deepEqual([problem.code, problem.field, problem.remedy], ['no-right', 'lines[0]', 'ask']);
  const bare = readProblem(502, null, '7');
  assert.deepEqual([bare.code, bare.detail, bare.retry_after_s], ['status-502', 'HTTP 502', 7]);
});
