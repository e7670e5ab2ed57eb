// Two users of a region's console publish versions of a model to a ring of depots, look at what the
// trial says, and take one back; at a depot a manager sees who answers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, device, launch, open, pairAndSignIn, shoot, signIn, tooWide, told, wish } from './page.mjs';

const MODEL = '/models/arrival-time';
let browser, admin, bea, depot;

before(async () => {
  browser = await launch();
  [admin, bea] = await Promise.all([device(browser, undefined, told.hub), device(browser, undefined, told.hub)]);
  depot = await device(browser);
  await Promise.all([signIn(admin, 'admin'), signIn(bea, 'bea'), pairAndSignIn(depot, 'manager')]);
});

after(() => browser?.close());

const card = (page, site) => page.locator('.depots li', { has: page.locator('.strong', { hasText: new RegExp(`^${site}$`) }) });
const proposal = (page, words, status) => page.getByRole('listitem').filter({ hasText: words }).filter({ hasText: status });
const order = (page) => page.getByRole('region', { name: 'Publish or take back' });

async function fillOrder(page, { step, version, why }) {
  const form = order(page);
  await form.getByLabel('What to do', { exact: true }).selectOption({ label: step });
  if (version) await form.getByLabel('Version', { exact: true }).selectOption({ label: `Version ${version}` });
  await form.getByLabel('Ring', { exact: true }).selectOption('pilot');
  await form.getByLabel('Why', { exact: true }).fill(why);
}

/** Proposed by the administrator, approved by Bea on her own screen, where it appears by itself. */
async function publish(step, version) {
  await fillOrder(admin, { step, version, why: `${step}, version ${version}` });
  await order(admin).getByRole('button', { name: 'Propose' }).click();
  const words = `${step} · Version ${version}`;
  await proposal(admin, words, 'To decide').getByText('You proposed this').waitFor();
  assert.equal(await proposal(admin, words, 'To decide').getByRole('button', { name: 'Approve' }).count(), 0);
  await proposal(bea, words, 'To decide').getByRole('button', { name: 'Approve' }).click();
  await proposal(admin, words, 'Approved').getByText('approved by bea').waitFor();
}

test('a ring of depots is made', async () => {
  await open(admin, '/models');
  const model = admin.getByRole('link', { name: /^Arrival time/ });
  await model.getByText('No version for the whole region').waitFor();
  const rings = admin.getByRole('region', { name: 'Rings of depots' });
  await rings.getByLabel('Ring', { exact: true }).fill('pilot');
  await rings.getByLabel('Depots', { exact: true }).fill('NBO-1 NBO-2');
  await rings.getByRole('button', { name: 'Save the ring' }).click();
  await rings.getByText('NBO-1, NBO-2').last().waitFor();
  assert.deepEqual(await barriers(admin), []);
  await shoot(admin, 'console-models');
});

test('the depot says that the plain formula answers', async () => {
  await open(depot, '/models');
  const arrivals = depot.getByRole('listitem').filter({ hasText: 'When orders arrive' });
  await arrivals.getByText('The plain formula answers').waitFor();
  await arrivals.getByText('No model has been published to this depot').waitFor();
});

test('two people put a version into use at the depots of the ring', async () => {
  await Promise.all([open(admin, MODEL), open(bea, MODEL)]);
  await admin.getByText('No depot has reported on this model yet').waitFor();
  await publish('Put into use', 1);
  for (const site of ['NBO-1', 'NBO-2']) {
    await card(admin, site).getByText('In use', { exact: true }).waitFor();
    await card(admin, site).getByText('Version 1', { exact: true }).waitFor();
  }
  await admin.getByText('in use at NBO-1, NBO-2').waitFor();
});

test('the next version is tried in the shadow, and a day’s work compares the two', async () => {
  await publish('Try in the shadow', 2);
  for (const site of ['NBO-1', 'NBO-2']) await card(admin, site).getByText('On trial', { exact: true }).waitFor();
  const here = depot.getByRole('listitem').filter({ hasText: 'When orders arrive' });
  await here.getByText('Model version 1 answers').waitFor();
  await here.getByText('Version 2 is tried silently').waitFor();
  assert.deepEqual(await barriers(depot), []);
  await shoot(depot, 'depot-models');
  await wish('ride');
  // Facts come once a day and when something changes: the one in use is paused, by one person alone.
  await fillOrder(admin, { step: 'Pause', why: 'it rains' });
  assert.equal(await order(admin).getByLabel('Version', { exact: true }).inputValue(), '1');
  await order(admin).getByRole('button', { name: 'Order it now' }).click();
  await card(admin, 'NBO-1').getByText('Paused', { exact: true }).waitFor();
  const trial = card(admin, 'NBO-1').locator('dt', { hasText: 'Error on trial' }).locator('+ dd');
  await trial.getByText(/the formula \(8 cases\)/).waitFor();
  await here.getByText('Paused by the region').waitFor();
  await here.getByText('The plain formula answers').waitFor();
});

test('accuracy and drift are drawn for each depot, and stand in tables too', async () => {
  for (const title of ['Error of the version in use', 'Error in the shadow', 'Drift']) {
    const plot = admin.locator('figure', { has: admin.getByText(title, { exact: true }) });
    await plot.getByRole('img', { name: new RegExp(`^${title}: NBO-1$`) }).waitFor();
    assert.equal(await plot.locator('circle').count(), 1, `one depot has figures for one day: ${title}`);
    await plot.getByText('As a table').click();
    const value = Number(await plot.locator('tbody .num').innerText());
    assert.ok(value > 0, `${title}: ${value}`);
  }
  const { items } = await ask(admin, 'models/arrival-time/depots');
  const { active_errors, shadow_errors, drift } = items.find((one) => one.site === 'NBO-1');
  // The same bundle under two numbers, asked the same.
  assert.deepEqual(shadow_errors, active_errors);
  assert.equal(shadow_errors.pairs, 8);
  assert.ok(drift.some((one) => one.verdict !== 'too_few'), JSON.stringify(drift));
  await admin.locator('summary', { hasText: 'Version 2' }).click();
  await admin.getByText('What it cannot do').waitFor();
  assert.deepEqual(await barriers(admin), []);
  await admin.locator('.plots').scrollIntoViewIfNeeded();
  await shoot(admin, 'console-model');
});

test('the tried version is put into use, and one person takes it back', async () => {
  await publish('Put into use', 2);
  await card(admin, 'NBO-1').getByText('Version 2', { exact: true }).waitFor();
  const here = depot.getByRole('listitem').filter({ hasText: 'When orders arrive' });
  await here.getByText('Model version 2 answers').waitFor();
  await fillOrder(admin, { step: 'Roll back to it', why: 'late in the rain' });
  assert.equal(await order(admin).getByLabel('Version', { exact: true }).inputValue(), '1', 'the one before is what is meant');
  await order(admin).getByRole('button', { name: 'Order it now' }).click();
  await proposal(bea, 'Roll back to it · Version 1', 'Ordered').getByText('late in the rain').waitFor();
  for (const site of ['NBO-1', 'NBO-2']) await card(admin, site).getByText('Version 1', { exact: true }).waitFor();
  await here.getByText('Model version 1 answers').waitFor();
  const [arrivals] = (await ask(depot, 'models')).items;
  assert.deepEqual([arrivals.by, arrivals.active.version, arrivals.shadow], ['model', 1, null]);
  assert.doesNotMatch(await admin.locator('#content').innerText(), /model-decided/, 'every message has words');
  await admin.evaluate(() => document.getElementById('content').scrollTo(0, 0));
  await shoot(admin, 'console-model-taken-back');
});

test('the pages of models fit a phone and have no barriers, in both languages and looks', async () => {
  for (const [page, paths] of [[admin, ['/models', MODEL]], [depot, ['/models']]]) {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const [language, look] of [['en', 'light'], ['fr', 'dark']]) {
      await page.evaluate(([language, look]) => {
        localStorage.setItem('omniroute.language', language);
        localStorage.setItem('omniroute.look', look);
      }, [language, look]);
      await page.reload();
      await page.locator('.shell').waitFor();
      for (const path of paths) {
        await open(page, path);
        await page.waitForFunction(() => !/Loading …|Chargement …/.test(document.body.innerText));
        for (const closed of await page.locator('#content summary').all()) await closed.click();
        assert.deepEqual(await tooWide(page), [], `${path} at 360 px, ${language}`);
        assert.deepEqual(await barriers(page), [], `${path}, ${language}, ${look}`);
        await shoot(page, `phone-${page === depot ? 'depot' : 'console'}-${language}${path.replaceAll('/', '-')}`);
      }
    }
  }
});

test('no page failed in a way nobody saw', () => {
  assert.deepEqual([...admin.errors, ...bea.errors, ...depot.errors], []);
});
