import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '../src/api.ts';
import { named } from '../src/currencies.ts';
import { standing } from '../src/standing.ts';

const NOW = 10 * 86_400_000;

function node(given: Partial<Node>): Node {
  return {
    node: 'n', site: 'NBO-1', entity: 'KE', status: 'active', last_seen_ms: NOW, lag_ms: 0, unsent: 0, version: '0.1.0', epoch: 1,
    head_seq: 9, quarantined: 0, exceptions_open: 0, clock_trusted: true, digest_agrees: true, agreed_ms: NOW, expires_ms: null, ...given,
  };
}

for (const [given, words, tone] of [
  [{}, 'node-fine', 'ok'],
  [{ unsent: 3 }, 'node-sending', 'plain'],
  [{ clock_trusted: false }, 'node-clock', 'warn'],
  [{ last_seen_ms: NOW - 20 * 60_000 }, 'node-silent', 'warn'],
  [{ last_seen_ms: NOW - 2 * 86_400_000 }, 'node-silent', 'bad'],
  [{ last_seen_ms: null }, 'node-never', 'plain'],
  [{ quarantined: 1 }, 'node-quarantined', 'bad'],
  [{ digest_agrees: false, quarantined: 1 }, 'node-disagrees', 'bad'],
  [{ status: 'invited', last_seen_ms: null }, 'node-invited', 'plain'],
  [{ status: 'fenced' }, 'node-fenced', 'bad'],
  [{ status: 'revoked', digest_agrees: false }, 'node-revoked', 'plain'],
] as const) {
  test(`a node with ${JSON.stringify(given)} is shown as ${words}`, () => {
    assert.deepEqual(standing(node(given), NOW), { words, tone });
  });
}

test('francs have no decimals', () => {
  assert.deepEqual(['KES', 'XAF'].map((code) => named(code).digits), [2, 0]);
});
