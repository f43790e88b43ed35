import t from 'tap';
import { failedWith, serve } from '../http/serve.js';
import { addEnded, addWorker, copying, errorOf, receiptOf } from './a-day.js';
import { openPage, waitForText } from './browser.js';

t.test('a load shows its phases, receipt, bucket and why, parts, log and the loads before it', async (t) => {
  const served = await serve(t);
  await addWorker(served);
  const before = { env: 'development', dataSet: 'tree', seconds: 30, rows: 900 };
  await addEnded(served, { ...before, id: 'before', hoursAgo: 3 });
  await served.put('it', { data_set: 'tree', s3_bucket: 'development-mine', labels: { dag_id: 'nightly' } });
  await served.setLoad('it', copying(0.5));
  const { page } = await openPage(t, `${served.url}/?load=it`);
  await waitForText(page, '18 of 20 parts');
  const text = () => page.locator('main').innerText();
  t.match(await text(), /development-mine The request named it \(s3_bucket\)\./);
  t.match(await text(), /delete_insert most rows change/);
  t.match(await text(), /nightly/);
  await page
    .getByRole('log')
    .getByText('Main: Using S3 bucket from Airflow arguments: development-mine')
    .waitFor();
  await served.pool.query(
    "INSERT INTO copydock.load_logs (load_id, attempt, level, message) VALUES ('it', 1, 'info', 'One more line')",
  );
  const receipt = JSON.stringify(receiptOf(1_000_000, 40));
  await served.setLoad('it', `status = 'succeeded', finished_at = now(), receipt = '${receipt}'`);
  await page.getByRole('log').getByText('One more line').waitFor();
  await waitForText(page, 'Duration of the last 2 loads of this data set');
  t.match(await text(), /queued 200 ms\s+staging 10 s\s+copying 20 s\s+committing 9\.8 s/);
  t.match(
    await text(),
    /read\s+1,000,004\s+loaded\s+1,000,000\s+rejected\s+0\s+deduplicated\s+0\s+filtered\s+4/,
  );
  t.equal(await page.getByRole('button', { name: /Cancel|Retry/ }).count(), 0);
});

t.test('the log is searched as one types, and found text is marked', async (t) => {
  const served = await serve(t);
  await served.put('it');
  await served.pool.query(
    `INSERT INTO copydock.load_logs (load_id, attempt, level, message)
     SELECT 'it', 1, 'info', 'Line number ' || n FROM generate_series(1, 1500) AS n`,
  );
  const { page } = await openPage(t, `${served.url}/?load=it`);
  await waitForText(page, '1,502 lines');
  await page.getByLabel('Search the log').fill('NUMBER 1499');
  await waitForText(page, '1 of 1,502 lines');
  t.equal(await page.locator('mark').innerText(), 'number 1499');
  await page.getByLabel('Search the log').fill('nowhere');
  await waitForText(page, 'No line holds this.');
});

t.test('cancel asks first: no leaves the load alone, yes cancels it', async (t) => {
  const served = await serve(t);
  await served.put('it');
  const { page } = await openPage(t, `${served.url}/?load=it`);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog', { name: 'Cancel this load?' }).waitFor();
  await page.getByRole('button', { name: 'Let it run' }).click();
  t.equal((await served.call('GET', '/v1/loads/it')).json.status, 'queued');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Cancel the load' }).click();
  await page.getByText('The cancel was accepted.').waitFor();
  await page.locator('.title').getByText('cancelled', { exact: true }).waitFor();
  t.equal((await served.call('GET', '/v1/loads/it')).json.status, 'cancelled');
});

t.test('retry asks first and begins a new attempt', async (t) => {
  const served = await serve(t);
  await addWorker(served);
  await served.put('it');
  await served.setLoad('it', failedWith(errorOf('"not known" is not a date')));
  const { page } = await openPage(t, `${served.url}/?load=it`);
  await waitForText(page, 'Why it failed');
  t.match(await page.locator('.why').innerText(), /"not known" is not a date[\s\S]*part-7\.csv[\s\S]*48213/);
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByRole('button', { name: 'Begin a new attempt' }).click();
  await waitForText(page, 'attempt 2');
  await page.getByText('Attempt 2 accepted').waitFor();
  t.match((await served.call('GET', '/v1/loads/it')).json, { status: 'queued', attempt: 2 });
});

t.test('a command that comes too late is explained', async (t) => {
  const served = await serve(t);
  await served.put('it');
  const { page } = await openPage(t, `${served.url}/?load=it`);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.route('**/v1/events', (route) => route.abort());
  await served.setLoad('it', "status = 'committing', started_at = now()");
  await page.getByRole('button', { name: 'Cancel the load' }).click();
  await page
    .getByRole('alert')
    .getByText('The load it is committing: it is too late to cancel it.')
    .waitFor();
});

t.test('an id that nobody knows is said to be unknown', async (t) => {
  const { url } = await serve(t);
  const { page } = await openPage(t, `${url}/?load=nobody`);
  await waitForText(page, 'No load has the id nobody.');
  await page.goto(`${url}/?load=%3Cb%3E`);
  await waitForText(page, 'is not an id of a load.');
});

t.test('everything can be done with the keyboard alone', async (t) => {
  const served = await serve(t);
  await addWorker(served);
  await addEnded(served, { id: 'e1', env: 'development', dataSet: 'tree', hoursAgo: 9, seconds: 5, rows: 1 });
  await addEnded(served, { id: 'e2', env: 'development', dataSet: 'tree', hoursAgo: 5, seconds: 5, rows: 1 });
  await served.put('it', { data_set: 'title-boundary' });
  const { page } = await openPage(t, served.url);
  await waitForText(page, '0 running, 1 waiting');
  const focused = async () => String(await page.evaluate('document.activeElement?.textContent'));
  const tabTo = async (text: string) => {
    for (let i = 0; i < 40 && (await focused()) !== text; i += 1) await page.keyboard.press('Tab');
    t.equal(await focused(), text);
  };
  await page.keyboard.press('Tab');
  t.equal(await focused(), 'Skip to the content');
  await page.locator('.mark[tabindex="0"]').focus();
  await page.keyboard.press('ArrowRight');
  t.match(await page.evaluate('document.activeElement?.getAttribute("aria-label")'), /tree in development/);
  await page.evaluate('document.activeElement?.blur()');
  await tabTo('title-boundary');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Cancel' }).waitFor();
  await page.locator('h1:focus').waitFor();
  await tabTo('Cancel');
  await page.keyboard.press('Enter');
  t.equal(await focused(), 'Let it run', 'the harmless answer is the first');
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  t.equal(await focused(), 'Cancel');
  await page.keyboard.press('Enter');
  await tabTo('Cancel the load');
  await page.keyboard.press('Enter');
  await page.getByText('The cancel was accepted.').waitFor();
  await page.locator('h1:focus').waitFor();
  t.equal((await served.call('GET', '/v1/loads/it')).json.status, 'cancelled');
});
