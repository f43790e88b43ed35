import t from 'tap';
import { keyConfig, serve } from '../http/serve.js';
import { addWorker } from './a-day.js';
import { openPage, waitForText } from './browser.js';

t.test('a paused environment is told with who paused it and why, as text', async (t) => {
  const { url, call } = await serve(t, { apiKeys: [keyConfig('night-shift', 'key')] });
  const headers = { 'X-API-Key': 'key' };
  const reason = 'index rebuild <b>today</b>';
  await call('POST', '/v1/environments/production/pause', { headers, body: JSON.stringify({ reason }) });
  const { page } = await openPage(t, url);
  await page.getByLabel('API key').fill('key');
  await page.keyboard.press('Enter');
  const banner = page.getByRole('status', { name: 'Paused environments' });
  await banner.getByText('production is paused by night-shift since').waitFor();
  t.match(await banner.innerText(), /: index rebuild <b>today<\/b>\. Its loads wait/);
  t.equal(await banner.locator('.notice').count(), 1);

  await page.goto(`${url}/?env=development`);
  await waitForText(page, 'Nothing failed.');
  t.equal(await banner.innerText(), '', 'not where another environment is looked at');
});

t.test('the banner comes with the first load that a pause holds up, and goes with the pause', async (t) => {
  const served = await serve(t);
  await addWorker(served);
  const { page } = await openPage(t, served.url);
  await page.getByText('Live', { exact: true }).waitFor();
  const banner = page.getByRole('status', { name: 'Paused environments' });
  t.equal(await banner.innerText(), '');
  await served.call('POST', '/v1/environments/development/pause');
  await served.put('held', { data_set: 'title-boundary' });
  await banner.getByText('development is paused by anonymous').waitFor();
  await page.goto(`${served.url}/?load=held`);
  await banner.getByText('development is paused').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await served.call('POST', '/v1/environments/development/resume');
  await served.setLoad('held', "status = 'staging', started_at = now()");
  await banner.getByText('development is paused').waitFor({ state: 'detached' });
});
