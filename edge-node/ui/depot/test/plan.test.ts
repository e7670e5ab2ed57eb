import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan, Route, Stop, Vehicle } from '../src/dispatch/api.ts';
import { axisOf, barsOf, choicesOf, linesOf, parsePlace, positionIn, showPlace } from '../src/dispatch/plan.ts';

const HOUR = 3_600_000;

function stop(order: string, frozen = false): Stop {
  return {
    order, number: order, place: { lat_e7: -12_900_000, lon_e7: 368_200_000 }, windows: [], arrive_ms: 9 * HOUR, begin_ms: 9.5 * HOUR,
    leave_ms: 10 * HOUR, wait_s: 1800, late_s: 0, frozen, load: { weight_g: 0, volume_ml: 0, parcels: 1 }, cash_due_minor: 0,
    customer_name: null, address: null,
  };
}

function route(stops: Stop[]): Route {
  return {
    manifest: 'm', standing: 'new', vehicle: 'v', vehicle_name: 'KMFB 1', kind: 'okada', rider: 'r', rider_name: 'Otieno', trip: 1,
    departs_ms: 8.25 * HOUR, returns_ms: 11.5 * HOUR, metres: 1, seconds: 1, load: { weight_g: 0, volume_ml: 0, parcels: 1 },
    load_share: { weight: 0, volume: 0, parcels: 0, cash: 0 }, cash_due_minor: 0, cost_minor: 0, stops,
  };
}

test('a place is read as maps write it, and nothing else is', () => {
  assert.deepEqual(parsePlace(' -1.2921, 36.8219 '), { lat_e7: -12_921_000, lon_e7: 368_219_000 });
  for (const wrong of ['', '1', 'a, b', '0, 0', '91, 10', '10, 181', '1, 2, 3', 'NaN, 1', '1e3, 2']) assert.equal(parsePlace(wrong), null, wrong);
  assert.equal(showPlace({ lat_e7: -12_921_000, lon_e7: 368_219_000 }), '-1.29210, 36.82190');
});

test('positions count neither what is frozen nor what is moved', () => {
  const target = route([stop('a', true), stop('b'), stop('c'), stop('d')]);
  assert.equal(positionIn(target, 'x', 'b'), 0);
  assert.equal(positionIn(target, 'b', 'd'), 1);
  assert.equal(positionIn(target, 'x', null), 3);
  assert.equal(positionIn(target, 'x', 'a'), 3);
});

test('a stop may go to a rider who has none yet, and to no vehicle that stands in the yard', () => {
  const vehicle = (name: string, rider: string | null) => ({ vehicle: name, name, rider, rider_name: rider }) as Vehicle;
  const plan = { routes: [route([stop('a')]), { ...route([stop('b')]), trip: 2 }] } as Plan;
  const choices = choicesOf(plan, [vehicle('v', 'r'), vehicle('w', 's'), vehicle('x', null)]);
  assert.deepEqual(choices.map((one) => [one.key, one.route !== null]), [['v/1', true], ['v/2', true], ['w/1', false]]);
});

test('a round is drawn along its roads once they are known', () => {
  const plan = { routes: [route([stop('a')]), { ...route([stop('b')]), manifest: 'n' }] } as Plan;
  const [along, straight] = linesOf(plan, null, { m: { travel: 'roads', line: [[36.8, -1.2], [36.9, -1.3]], turns: [] } });
  assert.deepEqual([along?.points, along?.estimated], [[{ lat: -1.2, lon: 36.8 }, { lat: -1.3, lon: 36.9 }], false]);
  assert.deepEqual([straight?.points.length, straight?.estimated], [1, true]);
});

test('the line of time spans whole hours, and waiting is told from serving', () => {
  const one = route([stop('a')]);
  const axis = axisOf([one]);
  assert.ok(axis);
  assert.equal(axis.from_ms, 8 * HOUR);
  assert.equal(axis.until_ms, 12 * HOUR);
  assert.deepEqual(barsOf(one, axis).map(({ from, width, kind }) => [from, width, kind]), [[0.25, 0.125, 'wait'], [0.375, 0.125, 'serve']]);
  assert.equal(axisOf([]), null);
});
