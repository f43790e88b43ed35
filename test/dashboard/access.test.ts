import t from 'tap';
import { keyConfig, serve, validBody } from '../http/serve.js';
import { openPage, waitForText } from './browser.js';

const apiKeys = [
  keyConfig('writer', 'key-write'),
  keyConfig('reader', 'key-read', { access: 'read' }),
  keyConfig('production', 'key-production', { environments: ['production'] }),
];

async function serveWithKeys(t: Parameters<typeof serve>[0]) {
  const served = await serve(t, { apiKeys });
  const put = (id: string, env: string) =>
    served.call('PUT', `/v1/loads/${id}`, {
      headers: { 'X-API-Key': 'key-write' },
      body: JSON.stringify({ ...validBody, env, path: 's3://source/tree/', data_set: `${env}-tree` }),
    });
  await put('dev', 'development');
  await put('prod', 'production');
  return served;
}

t.test('where keys are configured one is asked for, and a wrong one is refused', async (t) => {
  const { url } = await serveWithKeys(t);
  const { page } = await openPage(t, url);
  await page.getByLabel('API key').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('The API key is not valid.').waitFor();
  t.equal(await page.evaluate('sessionStorage.length'), 0, 'a refused key is not kept');
  await page.getByLabel('API key').fill('key-write');
  await page.keyboard.press('Enter');
  await waitForText(page, '0 running, 2 waiting');
  await page.getByText('Live', { exact: true }).waitFor();
});

t.test('the key is kept for the tab only, is in no address, and can be forgotten', async (t) => {
  const { url } = await serveWithKeys(t);
  const { page } = await openPage(t, url);
  const addresses: string[] = [];
  page.on('request', (request) => addresses.push(request.url()));
  await page.getByLabel('API key').fill('key-write');
  await page.keyboard.press('Enter');
  await waitForText(page, '0 running, 2 waiting');
  await page.reload();
  await waitForText(page, '0 running, 2 waiting');
  t.notMatch(addresses.join(' '), /key-write/);
  t.notMatch(String(await page.evaluate('JSON.stringify(localStorage) + document.cookie')), /key-write/);
  await page.getByRole('button', { name: 'Forget key' }).click();
  await page.getByLabel('API key').waitFor();
  t.equal(await page.evaluate('sessionStorage.length'), 0);
});

t.test('a key that may only read has no buttons, and is told why', async (t) => {
  const { url } = await serveWithKeys(t);
  const { page } = await openPage(t, `${url}/?load=dev`);
  await page.getByLabel('API key').fill('key-read');
  await page.keyboard.press('Enter');
  await waitForText(page, 'Your key may only read: to cancel this load, use one that may write.');
  await page.getByText('read-only', { exact: true }).waitFor();
  t.equal(await page.getByRole('button', { name: /Cancel|Retry/ }).count(), 0);
});

t.test('a key of one environment shows that one only', async (t) => {
  const { url } = await serveWithKeys(t);
  const { page } = await openPage(t, url);
  await page.getByLabel('API key').fill('key-production');
  await page.keyboard.press('Enter');
  await waitForText(page, '0 running, 1 waiting');
  t.same(await page.getByLabel('Environment').locator('option').allInnerTexts(), [
    'All environments',
    'production',
  ]);
  t.notMatch(await page.locator('main').innerText(), /development-tree/);
});
