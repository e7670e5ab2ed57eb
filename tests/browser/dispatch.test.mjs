// A dispatcher plans the day's rounds, moves a stop, locks them, hands one out, and plans again after
// a rider's report. A clerk decides what to buy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, askUntil, barriers, device, launch, open, pairAndSignIn, shoot, tooWide, wish } from './page.mjs';

let browser, desk, clerk;

before(async () => {
  browser = await launch();
  [desk, clerk] = await Promise.all([device(browser), device(browser)]);
  await Promise.all([pairAndSignIn(desk, 'manager'), pairAndSignIn(clerk, 'clerk')]);
});

after(() => browser?.close());

async function plan() {
  await desk.getByLabel('Time to think').selectOption('5');
  const begun = desk.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/api/v1/dispatch/plan'));
  await desk.getByRole('button', { name: /^Plan (again: )?\d+ orders?$/ }).click();
  const { plan: asked } = await (await begun).json();
  await askUntil(desk, 'dispatch', ({ running, plan }) => !running && plan?.plan === asked);
  await desk.getByRole('button', { name: 'Lock the rounds' }).waitFor();
  return ask(desk, 'dispatch/plan');
}

const stops = (shown) => shown.routes.flatMap((route) => route.stops);

test('the day is planned on the town’s map, as lists and on a line of time', async () => {
  await open(desk, '/plan');
  await desk.getByText('Times by road', { exact: true }).waitFor();
  const made = await plan();
  assert.equal(stops(made).length + made.unassigned.length, 8);
  const map = desk.getByRole('region', { name: 'Map of the rounds' });
  await map.and(desk.locator('[data-ready=true]')).waitFor();
  await desk.getByText('© OpenStreetMap contributors').waitFor();
  const outside = await map.evaluate((box) => {
    const [around, inside] = [box, box.querySelector('canvas')].map((one) => one.getBoundingClientRect());
    return ['left', 'top'].some((side) => inside[side] < around[side] - 1) || ['right', 'bottom'].some((side) => inside[side] > around[side] + 1);
  });
  assert.equal(outside, false, 'the map stays in its box');
  assert.equal(await desk.locator('.stop').count(), stops(made).length);
  assert.equal(await desk.locator('.lines .bar:not(.wait)').count(), stops(made).length);
  assert.deepEqual(await barriers(desk), []);
  await shoot(desk, 'plan');
});

test('a stop is moved to another rider once it is known what that costs and breaks', async () => {
  const before = await ask(desk, 'dispatch/plan');
  const [first] = stops(before);
  await desk.getByRole('button', { name: `Move ${first.number}` }).first().click();
  const dialog = desk.getByRole('dialog');
  await dialog.getByText('Cost of the move').waitFor();
  const here = before.routes.find((route) => route.stops.includes(first));
  // The other rider, whether the plan gave them a round or not.
  const { items } = await ask(desk, 'vehicles');
  const other = items.find((one) => one.vehicle !== here.vehicle);
  await dialog.getByLabel('To', { exact: true }).selectOption(`${other.vehicle}/1`);
  await dialog.getByText('Cost of the move').waitFor();
  await shoot(desk, 'plan-move');
  assert.deepEqual(await barriers(desk), []);
  const accept = dialog.getByRole('checkbox');
  if (await accept.count()) await accept.check();
  await dialog.getByRole('button', { name: 'Move it' }).click();
  await dialog.waitFor({ state: 'hidden' });
  const moved = await ask(desk, 'dispatch/plan');
  assert.equal(moved.revision, before.revision + 1);
  const now = moved.routes.filter((route) => route.stops.some((stop) => stop.order === first.order));
  assert.deepEqual(now.map((route) => route.vehicle), [other.vehicle]);
  assert.equal(stops(moved).length, stops(before).length);
});

test('the rounds are locked, and one is handed out', async () => {
  const accept = desk.getByLabel(/I accept/);
  if (await accept.count()) await accept.check();
  await desk.getByRole('button', { name: 'Lock the rounds' }).click();
  await desk.getByText(/rounds? locked/).first().waitFor();
  const { items } = await ask(desk, 'manifests');
  assert.deepEqual(items.map((one) => one.status), ['locked', 'locked']);
  const [long] = items.toSorted((a, b) => b.stops_count - a.stops_count);
  await open(desk, '/manifests');
  await desk.locator(`a[href="#/manifests/${long.manifest}"]`).first().click();
  await desk.getByRole('button', { name: 'Hand out to the rider' }).click();
  await desk.getByText('The round is handed out').first().waitFor();
  await desk.getByText(/nine times in ten before/).first().waitFor();
  assert.deepEqual(await barriers(desk), []);
  await shoot(desk, 'manifest');
});

test('a rider reports a delay, new work comes in, and the rest is planned again', async () => {
  await desk.locator('summary', { hasText: 'Report a delay' }).click();
  await desk.locator('[name=delay_s]').fill('20');
  await desk.locator('[name=reason]').fill('flat tyre');
  await desk.getByRole('button', { name: 'Report a delay' }).click();
  await desk.getByText('The delay is noted').first().waitFor();
  const [out] = (await ask(desk, 'manifests?status=handed_out')).items;
  assert.equal(out.delay_s, 20 * 60);
  const { stops: promised } = await ask(desk, `manifests/${out.manifest}`);
  await wish('pack');
  await open(desk, '/plan');
  const again = await plan();
  const road = again.routes.find((route) => route.standing === 'on_the_road');
  assert.ok(road, JSON.stringify(again));
  assert.deepEqual([road.manifest, road.vehicle], [out.manifest, out.vehicle]);
  const orders = (found) => found.map((stop) => stop.order).sort();
  assert.deepEqual(orders(road.stops), orders(promised), 'who is on the road keeps what they carry');
  assert.ok(road.metres > 0, JSON.stringify(road));
  // The rider is late, and the plan knows it.
  assert.ok(Math.max(...road.stops.map((stop) => stop.arrive_ms)) > Math.max(...promised.map((stop) => stop.arrive_ms)), JSON.stringify([road, promised]));
  const all = new Set([...stops(again), ...again.unassigned].map((stop) => stop.order));
  assert.equal(all.size, 9, 'the new order is planned with the others');
  await shoot(desk, 'plan-again');
});

test('a clerk accepts what the box proposes to buy, with its reason and range', async () => {
  await open(clerk, '/proposals');
  const tea = clerk.getByRole('group', { name: 'Tea, 500 g', exact: true });
  await tea.getByText('Runs out before goods arrive').waitFor();
  await tea.getByText(/The next 14 days: about \d+ \(between \d+ and \d+\)/).waitFor();
  await clerk.getByText(/Computed here by/).waitFor();
  assert.deepEqual(await barriers(clerk), []);
  await shoot(clerk, 'proposals');
  const proposed = (await ask(clerk, 'proposals')).items[0].quantity;
  await tea.getByRole('button', { name: 'Accept' }).click();
  await clerk.getByText('Tea, 500 g is on the list').first().waitFor();
  const [answered] = (await ask(clerk, 'proposals?status=answered')).items;
  assert.deepEqual([answered.on_order, answered.answered.answer], [proposed, 'accept']);
});

test('the pages of dispatch fit a phone', async () => {
  await desk.setViewportSize({ width: 360, height: 740 });
  for (const path of ['/plan', '/manifests', '/vehicles', '/unplaced', '/proposals']) {
    await open(desk, path);
    await desk.waitForFunction(() => !document.body.innerText.includes('Loading …'));
    assert.deepEqual(await tooWide(desk), [], `${path} at 360 px`);
    assert.deepEqual(await barriers(desk), [], path);
    await shoot(desk, `phone${path.replaceAll('/', '-')}`);
  }
});

test('no page failed in a way nobody saw', () => {
  assert.deepEqual([...desk.errors, ...clerk.errors], []);
});
