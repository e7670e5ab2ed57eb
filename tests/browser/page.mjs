// What a person does with the staff's pages, and what every page must be.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const told = JSON.parse(process.env.OMNIROUTE_TEST);
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// The machine may be busy with other tests.
const PATIENCE_MS = 30_000;
const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

mkdirSync(told.screenshots, { recursive: true });

export function launch() {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      // Maps are drawn with WebGL 2, here by the processor.
      '--enable-unsafe-swiftshader',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A device of its own: its cookies are nobody else's. */
export async function device(browser, size = { width: 1280, height: 800 }, url = told.url) {
  // The site's own authority is not installed here; the certificate is tested elsewhere.
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: size, locale: 'en-GB' });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(String(error)));
  await page.goto(url);
  return page;
}

export async function pairAndSignIn(page, role) {
  const { code, pin } = told.people[role];
  await page.getByLabel('Pairing code').fill(code);
  await page.getByLabel('Name of this device').fill(`The ${role}’s`);
  await page.getByRole('button', { name: 'Pair this device' }).click();
  await page.locator('.people button', { has: page.locator('.name', { hasText: new RegExp(`^${role}$`) }) }).click();
  await page.locator('#pin').fill(pin);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('.shell').waitFor();
}

/** Signs a user in to the hub's console. */
export async function signIn(page, name) {
  await page.locator('[name=name]').fill(name);
  await page.locator('[name=password]').fill(told.users[name]);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('.shell').waitFor();
}

export async function open(page, path) {
  await page.evaluate((hash) => (location.hash = hash), `#${path}`);
  await page.locator('#content h1').first().waitFor();
}

export async function chooseArticle(page, code) {
  const field = page.locator('input[role=combobox][name=article]');
  await field.fill(code);
  await field.press('Enter');
}

/** Asks the depot itself, as the page would. */
export function ask(page, path) {
  return page.evaluate(async (path) => (await fetch(`/api/v1/${path}`)).json(), path);
}

/** Asks until the answer is so. Playwright's own `waitForFunction` takes a promise for a yes. */
export async function askUntil(page, path, so) {
  for (const late_ms = Date.now() + PATIENCE_MS; ; await page.waitForTimeout(100)) {
    const answer = await ask(page, path);
    if (so(answer)) return answer;
    if (Date.now() > late_ms) throw new Error(`${path} never came to it: ${JSON.stringify(answer)}`);
  }
}

export async function onHand(page, code) {
  return (await ask(page, `articles/${code}`)).on_hand;
}

/** Asks the test for what no page can do. */
export function wish(what) {
  return new Promise((resolve, reject) => {
    const socket = connect(told.door, '127.0.0.1', () => socket.write(`${what}\n`));
    socket.on('data', () => resolve(socket.destroy()));
    socket.on('error', reject);
  });
}

export async function shoot(page, name) {
  await page.screenshot({ path: join(told.screenshots, `${name}.png`) });
}

/** What axe finds wrong, in words. */
export async function barriers(page) {
  await page.evaluate(axeSource);
  return page.evaluate(async (levels) => {
    const found = await window.axe.run(document, { runOnly: levels });
    return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.html} (${node.failureSummary})`).join(' | ')}`);
  }, LEVELS);
}

/** Where the page is wider than its screen. */
export function tooWide(page) {
  return page.evaluate(() =>
    [document.scrollingElement, document.getElementById('content')]
      .filter((box) => box && box.scrollWidth > box.clientWidth)
      .map((box) => `${box.id || box.tagName}: ${box.scrollWidth} > ${box.clientWidth}`),
  );
}
