import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import t from 'tap';
import { keyConfig, serve } from '../http/serve.js';
import { serveADay } from './a-day.js';
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

for (const colorScheme of ['light', 'dark'] as const) {
  t.test(`axe finds nothing against the pages in ${colorScheme}`, async (t) => {
    const { url, call } = await serveADay(t);
    const { page } = await openPage(t, url, { colorScheme });
    await waitForText(page, '1 running, 1 waiting');
    t.same(await findViolations(page), []);
    for (const id of ['failed', 'p4', 'running']) {
      await page.goto(`${url}/?load=${id}`);
      await page.getByRole('log').waitFor();
      t.same(await findViolations(page), [], id);
    }
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor();
    t.same(await findViolations(page), [], 'the question');
    await call('POST', '/v1/environments/production/pause', { body: '{"reason":"index rebuild"}' });
    await page.goto(url);
    await waitForText(page, 'production is paused');
    t.same(await findViolations(page), [], 'the banner of a pause');
  });
}

t.test('axe finds nothing against the question for a key', async (t) => {
  const { url } = await serve(t, { apiKeys: [keyConfig('one', 'key')] });
  const { page } = await openPage(t, url);
  await page.getByLabel('API key').waitFor();
  t.same(await findViolations(page), []);
});
