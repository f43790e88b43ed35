import t from 'tap';
import { serve } from '../http/serve.js';
import { serveADay } from './a-day.js';
import { openPage, waitForText } from './browser.js';

const FIND_TOO_WIDE = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const isWide = (element) => element.getBoundingClientRect().right > clientWidth;
  return scrollWidth <= clientWidth ? [] : [...document.querySelectorAll('body *')].filter(isWide).map((e) => e.outerHTML);
})()`;

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

t.test('long names leave room for the rest of the list, at every width', async (t) => {
  const { url } = await serveADay(t);
  const { page } = await openPage(t, url);
  await waitForText(page, '1 running, 1 waiting');
  for (const width of [1280, 1040, 1000, 720]) {
    await page.setViewportSize({ width, height: 900 });
    t.same(await page.evaluate(FIND_TOO_WIDE), [], `${width}`);
    const heights = await page.evaluate(
      "[...document.querySelectorAll('.loads tr')].map((row) => row.getBoundingClientRect().height)",
    );
    t.ok(Math.max(...(heights as number[])) < 250, `${width}: ${heights}`);
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
