import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import t from 'tap';
import { failedWith, keyConfig, type Served, serve } from '../http/serve.js';
import { addEnded, addWorker, copying, errorOf } from './a-day.js';
import { openPage, waitForText } from './browser.js';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
}

async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate('axe.run(document)')) as AxeResult;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
  );
}

const FIND_TOO_WIDE = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const isWide = (element) => element.getBoundingClientRect().right > clientWidth;
  return scrollWidth <= clientWidth ? [] : [...document.querySelectorAll('body *')].filter(isWide).map((e) => e.outerHTML);
})()`;

async function serveADay(t: Parameters<typeof serve>[0]): Promise<Served> {
  const served = await serve(t);
  await addWorker(served);
  const production = { env: 'production', dataSet: 'transport-access-node', seconds: 90, rows: 435_112 };
  await addEnded(served, { ...production, id: 'p1', hoursAgo: 20 });
  await addEnded(served, { ...production, id: 'p2', hoursAgo: 12, status: 'failed' });
  await addEnded(served, { ...production, id: 'p3', hoursAgo: 6, status: 'cancelled' });
  await addEnded(served, { ...production, id: 'p4', hoursAgo: 1 });
  await served.put('running', { data_set: 'title-boundary-with-a-name-that-is-rather-long-for-a-phone' });
  await served.setLoad('running', copying(0.42));
  await served.put('failed', { data_set: 'typology' });
  await served.setLoad('failed', failedWith(errorOf(`${'x'.repeat(90)} is not a date`)));
  await served.put('queued', { data_set: 'typology' });
  return served;
}

for (const colorScheme of ['light', 'dark'] as const) {
  t.test(`axe finds nothing against the pages in ${colorScheme}`, async (t) => {
    const { url } = await serveADay(t);
    const { page } = await openPage(t, url, { colorScheme });
    await waitForText(page, '1 running, 1 waiting');
    t.same(await findViolations(page), []);
    for (const id of ['running', 'failed', 'p4']) {
      await page.goto(`${url}/?load=${id}`);
      await page.getByRole('log').waitFor();
      t.same(await findViolations(page), [], id);
    }
    await page.goto(`${url}/?load=running`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor();
    t.same(await findViolations(page), [], 'the question');
  });
}

t.test('axe finds nothing against the question for a key', async (t) => {
  const { url } = await serve(t, { apiKeys: [keyConfig('one', 'key')] });
  const { page } = await openPage(t, url);
  await page.getByLabel('API key').waitFor();
  t.same(await findViolations(page), []);
});

t.test('on a phone nothing is wider than the window', async (t) => {
  const { url } = await serveADay(t);
  const { page } = await openPage(t, url, { viewport: { width: 320, height: 640 } });
  const tooWide = () => page.evaluate(FIND_TOO_WIDE);
  await waitForText(page, '1 running, 1 waiting');
  t.same(await tooWide(), []);
  for (const id of ['running', 'failed', 'p4']) {
    await page.goto(`${url}/?load=${id}`);
    await page.getByRole('log').waitFor();
    t.same(await tooWide(), [], id);
  }
});

t.test('the colours follow the system until the reader chooses, and the choice is kept', async (t) => {
  const { url } = await serve(t);
  const { page } = await openPage(t, url, { colorScheme: 'dark' });
  const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
  const dark = await ground();
  await page.getByRole('button', { name: 'Theme: system' }).click();
  await page.getByRole('button', { name: 'Theme: light' }).waitFor();
  const light = await ground();
  t.not(light, dark);
  await page.reload();
  await page.getByRole('button', { name: 'Theme: light' }).click();
  t.equal(await ground(), dark);
});
