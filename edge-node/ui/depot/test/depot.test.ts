import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderLine, Sync } from '../src/api.ts';
import { likelyTenders, rateOf, sellableElsewhere, totals } from '../src/basket.ts';
import { chip } from '../src/chip.ts';
import { may } from '../src/roles.ts';
import { stops } from '../src/walk.ts';

const MIN = 60_000;
const DAY = 24 * 60 * MIN;
const NOW = 100 * DAY;

function sync(given: Partial<Sync>): Sync {
  return {
    state: 'sent', unsent: 0, oldest_unsent_ms: null, last_contact_ms: NOW - 3 * MIN, hub: 'nairobi',
    quarantined: 0, epoch: 1, head_seq: 9, hub_seq: 9, clock_trusted: true,
    certificate_until_ms: NOW + DAY, certificate_expired: false, refused: null, denylist_version: 0, ...given,
  };
}

for (const [what, given, words, tone] of [
  ['all is sent', {}, 'chip-sent', 'ok'],
  ['the hub has been silent for two days', { last_contact_ms: NOW - 2 * DAY }, 'chip-sent-long', 'warn'],
  ['some wait', { state: 'waiting', unsent: 12, oldest_unsent_ms: NOW - 40 * MIN }, 'chip-waiting', 'plain'],
  ['they have waited for more than a day', { state: 'waiting', unsent: 12, oldest_unsent_ms: NOW - DAY - 1 }, 'chip-waiting-long', 'warn'],
  ['there was no contact yet', { state: 'never', last_contact_ms: null }, 'chip-never', 'warn'],
  ['there was no contact, and some wait', { state: 'never', last_contact_ms: null, unsent: 3, oldest_unsent_ms: NOW }, 'chip-never-waiting', 'warn'],
  ['the server says sent without any contact', { state: 'sent', last_contact_ms: null }, 'chip-never', 'warn'],
  ['sending is blocked', { state: 'blocked', unsent: 3 }, 'chip-blocked', 'bad'],
  ['the region shut the box out', { state: 'blocked', refused: 'node-revoked', unsent: 3 }, 'chip-revoked', 'bad'],
  ['the certificate ran out', { certificate_expired: true, unsent: 3 }, 'chip-expired', 'warn'],
  ['the hub holds some back', { quarantined: 1 }, 'chip-quarantined', 'bad'],
] as const) {
  test(`the chip when ${what}`, () => {
    const shown = chip(sync(given), true, NOW);
    assert.deepEqual([shown.words, shown.tone], [words, tone]);
  });
}

test('the chip says so when the box itself is silent', () => {
  assert.equal(chip(sync({}), false, NOW).words, 'chip-box-silent');
  assert.equal(chip(null, true, NOW).words, 'chip-unknown');
});

test('the rate is read from the label', () => {
  assert.deepEqual(['VAT 16 %', 'VAT 7.5 %', 'TVA 19,25 %', 'none'].map(rateOf), [16_000, 7_500, 19_250, 0]);
});

test('tax is rounded once per document, as the edge does it', () => {
  const line = (unit_price_minor: number, tax_class = 'standard') => ({ quantity: 1, unit_price_minor, tax_class });
  assert.equal(totals([line(100), line(100), line(100)], 19_250).tax_minor, 58);
  assert.equal(totals([{ quantity: 4, unit_price_minor: 250_000, tax_class: 'standard' }], 7_500, 100_000).total_minor, 1_182_500);
  assert.equal(totals([line(10_050)], 16_000).tax_minor, 1_608);
  assert.equal(totals([line(500, 'zero_rated'), line(500, 'exempt')], 16_000).tax_minor, 0);
  assert.equal(totals([], 16_000).total_minor, 0);
});

test('several rights of one depot are one place to sell from', () => {
  const right = (home_site: string, holder_site: string, left: number) => ({ home_site, holder_site, left });
  const rights = [right('NBO-1', 'NBO-2', 1), right('NBO-1', 'NBO-2', 2), right('MBA-1', 'NBO-2', 0), right('NBO-2', 'NBO-1', 5)];
  assert.deepEqual(sellableElsewhere(rights, 'NBO-2'), [{ site: 'NBO-1', left: 3 }]);
});

test('likely amounts are the total and the next notes', () => {
  assert.deepEqual(likelyTenders(29_580, 2), [29_580, 30_000, 50_000, 100_000]);
  assert.deepEqual(likelyTenders(0, 2), []);
});

function line(number: number, bins: OrderLine['bins'], given: Partial<OrderLine> = {}): OrderLine {
  return {
    line: number, article: `A${number}`, name: '', quantity: 5, unit_price_minor: 1, tax_class: 'standard', picked: 0,
    short_reason: null, refunded: 0, net_minor: 5, bins, ...given,
  };
}

test('the walk goes by bin as a person counts, and ends with what is nowhere', () => {
  const lines = [
    line(1, [{ bin: 'A-10', quantity: 9 }]),
    line(2, []),
    line(3, [{ bin: 'A-2', quantity: 9 }]),
    line(4, [{ bin: 'A-1', quantity: 2 }, { bin: 'A-3', quantity: 5 }]),
    line(5, [{ bin: 'A-1', quantity: 9 }], { picked: 5 }),
    line(6, [{ bin: 'A-1', quantity: 9 }], { picked: 2, short_reason: 'broken' }),
  ];
  assert.deepEqual(stops(lines).map((stop) => [stop.line.line, stop.bin?.bin ?? null]), [[3, 'A-2'], [4, 'A-3'], [1, 'A-10'], [2, null]]);
});

test('roles see what they may do', () => {
  assert.equal(may('manager', 'approve-count'), true);
  assert.equal(may('cashier', 'approve-count'), false);
  assert.equal(may('picker', 'sell', 'pick-line'), true);
});
