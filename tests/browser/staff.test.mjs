// A clerk and a cashier at work at the same time, on two devices, with the hub out of reach.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, askUntil, barriers, chooseArticle, device, launch, onHand, open, pairAndSignIn, shoot, tooWide, wish } from './page.mjs';

let browser, clerk, cashier;

before(async () => {
  browser = await launch();
  [clerk, cashier] = await Promise.all([device(browser), device(browser)]);
});

after(() => browser?.close());

test('two people pair their devices and sign in', async () => {
  await shoot(clerk, 'pair');
  await Promise.all([pairAndSignIn(clerk, 'clerk'), pairAndSignIn(cashier, 'cashier')]);
  for (const [page, name] of [[clerk, 'clerk'], [cashier, 'cashier']]) {
    assert.equal((await ask(page, 'session')).name, name);
  }
});

test('the clerk receives goods, and the cashier sees them', async () => {
  await open(clerk, '/receive');
  await clerk.getByLabel('Delivery paper number').fill('LPO 77');
  const lines = [['22423', '20', 'A-01', '1500'], ['85123A', '30', 'A-02', '300'], ['84879', '40', 'B-01', '150.50'], ['22720', '12', 'B-02', '600']];
  for (const [at, [code, quantity, bin, cost]] of lines.entries()) {
    await chooseArticle(clerk, code);
    await clerk.locator(`[name="lines[${at}].quantity"]`).fill(quantity);
    await clerk.locator(`[name="lines[${at}].bin"]`).fill(bin);
    await clerk.locator(`[name="lines[${at}].unit_cost_minor"]`).fill(cost);
  }
  await shoot(clerk, 'receive');
  await clerk.getByRole('button', { name: 'Receive goods' }).click();
  await clerk.getByText('LPO 77').last().waitFor();
  await askUntil(cashier, 'articles/22423', (article) => article.on_hand === 20);
  assert.equal(await onHand(cashier, '84879'), 40);
});

test('the chip says what is unsent and since when, and never that it is sent', async () => {
  for (const page of [clerk, cashier]) {
    const chip = page.getByLabel('Sending to the hub');
    await chip.filter({ hasText: /\d+ waiting since .+/ }).waitFor();
    assert.doesNotMatch(await chip.innerText(), /\bsent\b/i);
  }
});

async function fillBasket(code, cash) {
  await open(cashier, '/sell');
  await chooseArticle(cashier, code);
  await cashier.locator('[name="lines[0].quantity"]').waitFor();
  await cashier.locator('[name="tendered_minor"]').fill(cash);
}

async function sales() {
  const orders = await ask(cashier, 'orders?limit=200');
  return orders.items.filter((order) => order.channel === 'counter').length;
}

async function nextSale() {
  await cashier.getByText(/^Sold: /).first().waitFor();
  await cashier.getByRole('button', { name: 'Next sale' }).click();
}

const pay = () => cashier.getByRole('button', { name: 'Take payment' });

test('a double click on the sale makes one sale', async () => {
  await fillBasket('22423', '3000');
  await shoot(cashier, 'sell');
  await pay().dblclick();
  await cashier.getByText(/^Sold: /).first().waitFor();
  await shoot(cashier, 'sold');
  await nextSale();
  assert.equal(await sales(), 1);
  assert.equal(await onHand(cashier, '22423'), 19);
});

test('a sale with too little money is refused in words, at its field', async () => {
  await fillBasket('22423', '10');
  await pay().click();
  await cashier.getByRole('alert').first().waitFor();
  assert.equal(await cashier.locator('[name="tendered_minor"]').getAttribute('aria-invalid'), 'true');
  assert.deepEqual(await barriers(cashier), []);
  await shoot(cashier, 'refused');
  assert.equal(await sales(), 1);
});

test('an imported order is reserved and picked', async () => {
  const orders = await ask(cashier, 'orders?limit=200');
  const imported = orders.items.find((order) => order.channel === 'import' && order.lines_count === 2);
  await open(cashier, `/orders/${imported.order}`);
  await cashier.getByRole('button', { name: 'Reserve stock' }).click();
  await open(clerk, '/pick');
  await clerk.locator(`a[href$="${imported.order}"]`).click();
  for (const [bin, article] of [['A-01', '22423'], ['A-02', '85123A']]) {
    await clerk.getByRole('textbox', { name: 'Scan or type the bin' }).fill(bin);
    await clerk.getByRole('button', { name: 'Confirm' }).click();
    await clerk.getByRole('textbox', { name: 'Scan or type the article' }).fill(article);
    await shoot(clerk, `pick-${article}`);
    await clerk.getByRole('button', { name: 'Confirm' }).click();
    await clerk.getByRole('button', { name: 'Picked', exact: true }).click();
  }
  await clerk.getByText('All lines are picked').first().waitFor();
  assert.equal((await ask(clerk, `orders/${imported.order}`)).status, 'picked');
});

test('a bin is counted without a look into the books', async () => {
  await open(clerk, '/counts');
  await clerk.locator('[name="bin"]').fill('B-01');
  await chooseArticle(clerk, '84879');
  await clerk.getByRole('button', { name: 'Start counting' }).click();
  const quantity = clerk.getByLabel('Quantity counted', { exact: true });
  await quantity.waitFor();
  assert.doesNotMatch(await clerk.locator('#content').innerText(), /\b40\b/);
  await shoot(clerk, 'count');
  await quantity.fill('39');
  await clerk.getByRole('button', { name: 'Save the count' }).click();
  await clerk.getByText('39').first().waitFor();
  const [count] = (await ask(clerk, 'counts')).items;
  assert.equal(count.counted, 39);
});

test('an answer lost on the way: trying again makes one sale', async () => {
  const [before, had] = [await sales(), await onHand(cashier, '22720')];
  await fillBasket('22720', '5000');
  await cashier.route('**/commands/sell', async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await pay().click();
  const again = cashier.getByRole('button', { name: /try again/ });
  await again.waitFor();
  await shoot(cashier, 'unanswered');
  assert.deepEqual(await barriers(cashier), []);
  await again.click();
  await nextSale();
  assert.equal(await sales(), before + 1);
  assert.equal(await onHand(cashier, '22720'), had - 1);
});

test('the depot is killed with a request inside and comes back: trying again makes one sale', async () => {
  const [before, had] = [await sales(), await onHand(cashier, '22720')];
  await fillBasket('22720', '5000');
  await wish('freeze');
  await pay().click();
  await cashier.getByRole('button', { name: 'Sending' }).waitFor();
  await wish('kill');
  const again = cashier.getByRole('button', { name: /try again/ });
  await again.waitFor();
  await wish('start');
  await again.click();
  await nextSale();
  assert.equal(await sales(), before + 1);
  assert.equal(await onHand(cashier, '22720'), had - 1);
});

test('every screen of a manager fits a phone and has no barriers, light and dark', async () => {
  const phone = await device(browser, { width: 360, height: 740 });
  assert.deepEqual(await barriers(phone), [], 'pairing');
  await pairAndSignIn(phone, 'manager');
  const paths = await phone.locator('nav.side a').evaluateAll((links) => links.map((link) => link.getAttribute('href').slice(1)));
  assert.ok(paths.length > 10, `a manager has every screen, not ${paths}`);
  const { items } = await ask(phone, 'orders?limit=200');
  paths.push('/orders/new', '/stock/22423', `/orders/${items[0].order}`);
  for (const theme of ['light', 'dark']) {
    await phone.evaluate((theme) => localStorage.setItem('omniroute.look', theme), theme);
    await phone.reload();
    await phone.locator('.shell').waitFor();
    for (const path of paths) {
      await open(phone, path);
      await phone.waitForFunction(() => !document.body.innerText.includes('Loading …'));
      assert.deepEqual(await tooWide(phone), [], `${path} at 360 px`);
      assert.deepEqual(await barriers(phone), [], `${path}, ${theme}`);
      await shoot(phone, `phone-${theme}${path.replace(/[0-9a-f-]{36}/, 'one').replaceAll('/', '-')}`);
    }
  }
  assert.deepEqual(phone.errors, []);
  await phone.context().close();
});

test('French, chosen by the person, and remembered', async () => {
  await open(clerk, '/more');
  await clerk.locator('input[name=language][value=fr]').check({ force: true });
  for (const reload of [false, true]) {
    if (reload) await clerk.reload();
    await clerk.getByRole('link', { name: 'Aujourd’hui' }).first().waitFor();
    assert.equal(await clerk.evaluate(() => document.documentElement.lang), 'fr');
    const chip = clerk.getByLabel('Envoi au centre');
    await chip.filter({ hasText: /\d+ en attente depuis .+/ }).waitFor();
  }
  await open(clerk, '/receive');
  assert.deepEqual(await barriers(clerk), []);
  await shoot(clerk, 'french');
});

test('no page failed in a way nobody saw', () => {
  assert.deepEqual([...clerk.errors, ...cashier.errors], []);
});
