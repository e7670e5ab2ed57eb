import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Draft, type Keep, open, outcomeOf, send, settle } from '../src/draft.ts';

function memory(): Keep {
  const kept = new Map<string, Draft>();
  return {
    read: (key) => kept.get(key) ?? null,
    write: (key, draft) => void kept.set(key, draft),
    forget: (key) => void kept.delete(key),
  };
}

function counter(): () => string {
  let next = 0;
  return () => `id-${++next}`;
}

test('a reload finds the same id and the same bytes', () => {
  const keep = memory();
  const mint = counter();
  const draft = send(keep, 'sell', open(keep, 'sell', 'sell', mint), { order: 'o', tendered_minor: 5 });
  const after = open(keep, 'sell', 'sell', mint);
  assert.deepEqual(after, draft);
  assert.equal(after.body, '{"id":"id-1","order":"o","tendered_minor":5}');
});

test('what the form says after the first sending changes nothing', () => {
  const keep = memory();
  const mint = counter();
  const first = send(keep, 'sell', open(keep, 'sell', 'sell', mint), { tendered_minor: 5 });
  assert.equal(send(keep, 'sell', first, { tendered_minor: 6 }).body, first.body);
  assert.deepEqual(settle(keep, 'sell', first, 'silence', mint), first);
});

test('a refusal frees the form under a new id, about the same thing', () => {
  const keep = memory();
  const mint = counter();
  const sent = send(keep, 'sell', open(keep, 'sell', 'sell', mint), {});
  const next = settle(keep, 'sell', sent, 'refused', mint);
  assert.notEqual(next.id, sent.id);
  assert.equal(next.subject, sent.subject);
  assert.equal(next.body, null);
});

test('an answer makes room for the next command', () => {
  const keep = memory();
  const mint = counter();
  const sent = send(keep, 'sell', open(keep, 'sell', 'sell', mint), {});
  settle(keep, 'sell', sent, 'answered', mint);
  const next = open(keep, 'sell', 'sell', mint);
  assert.notEqual(next.id, sent.id);
  assert.notEqual(next.subject, sent.subject);
});

test('only a final refusal may be followed by another try under a new id', () => {
  for (const status of [400, 403, 404, 409, 413, 415, 422]) assert.equal(outcomeOf(status), 'refused', String(status));
  for (const status of [401, 408, 429, 500, 502, 503, 507]) assert.equal(outcomeOf(status), 'silence', String(status));
});
