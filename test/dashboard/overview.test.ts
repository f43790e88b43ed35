import t from 'tap';
import { failedWith, SUCCEEDED, serve } from '../http/serve.js';
import { startTcpProxy } from '../http/tcp-proxy.js';
import { addEnded, addWorker, copying, errorOf } from './a-day.js';
import { openPage, waitForText } from './browser.js';

t.test('what runs, what failed and why, the last day and the list are shown', async (t) => {
  const served = await serve(t);
  await addWorker(served);
  const good = { env: 'development', seconds: 12, rows: 43_210 };
  await addEnded(served, { ...good, id: 'good-1', dataSet: 'ancient-woodland', hoursAgo: 5 });
  await addEnded(served, { ...good, id: 'good-2', dataSet: 'ancient-woodland', hoursAgo: 2 });
  await served.put('bad', { data_set: 'typology' });
  await served.setLoad('bad', failedWith(errorOf('"not known" is not a date')));
  await served.put('now', { data_set: 'title-boundary' });
  await served.setLoad('now', copying(0.42));
  await served.put('next', { data_set: 'title-boundary' });
  const waits = { reason: 'earlier_load', detail: 'Load now is not finished.' };
  await served.setLoad('next', `waiting_for = '${JSON.stringify(waits)}'`);

  const { page } = await openPage(t, served.url);
  await waitForText(page, '1 running, 1 waiting');
  const running = page.getByRole('region', { name: 'Running now' });
  t.equal(await running.getByRole('progressbar').getAttribute('aria-valuenow'), '42');
  t.match(await running.innerText(), /42%[\s\S]*420,000 rows[\s\S]*rows\/s[\s\S]*left/);
  t.match(await running.innerText(), /Waits: Load now is not finished\./);
  const failed = page.getByRole('region', { name: 'Failed in the last day' });
  t.match(await failed.innerText(), /typology[\s\S]*"not known" is not a date[\s\S]*bad_value/);
  const day = page.getByRole('region', { name: 'The last day' });
  t.equal(await day.locator('.row').count(), 3);
  t.match(await day.locator('.row').first().innerText(), /ancient-woodland[\s\S]*12 s[\s\S]*43.2K rows/);
  await day
    .getByLabel(/^ancient-woodland in development.*: succeeded after 12 s, 43,210 rows$/)
    .first()
    .waitFor();
  const list = page.getByRole('region', { name: 'Loads', exact: true });
  t.equal(await list.locator('tbody tr').count(), 5);
  await list.getByLabel('State').selectOption('failed');
  t.equal(await list.locator('tbody tr').count(), 1);
  t.match(page.url(), /\?status=failed$/, 'the address keeps the filter');
});

t.test('a service without loads says so', async (t) => {
  const { url } = await serve(t);
  const { page } = await openPage(t, url);
  await waitForText(page, 'Nothing runs, and no load was accepted in the last day.');
  await waitForText(page, 'Nothing failed.');
  await waitForText(page, 'No load ran in the last day.');
});

t.test(
  'accepted, running and ended loads appear by themselves, without another request for the list',
  async (t) => {
    const served = await serve(t);
    await addWorker(served);
    const { page } = await openPage(t, served.url);
    await page.getByText('Live', { exact: true }).waitFor();
    await waitForText(page, 'Nothing runs');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await served.put('fresh', { data_set: 'title-boundary' });
    await waitForText(page, '0 running, 1 waiting');
    await served.setLoad('fresh', copying(0.5));
    await waitForText(page, '1 running, 0 waiting');
    await served.setLoad('fresh', SUCCEEDED);
    await waitForText(page, 'Nothing runs. The last load');
    t.same(asked, []);
  },
);

t.test('where events are cut the list is polled; when they come again the page is live', async (t) => {
  const served = await serve(t);
  await addWorker(served);
  const { page } = await openPage(t, served.url);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.route('**/v1/events', (route) => route.abort());
  served.app.server.closeAllConnections();
  await page.getByText('Every 3 s', { exact: true }).waitFor();
  await served.put('polled', { data_set: 'title-boundary' });
  await waitForText(page, '0 running, 1 waiting');
  await page.unroute('**/v1/events');
  await page.getByText('Live', { exact: true }).waitFor();
});

t.test('an API that goes away is said to be away, and found again when it is back', async (t) => {
  const served = await serve(t);
  await addWorker(served);
  await served.put('before', { data_set: 'title-boundary' });
  let isDown = false;
  const { url } = await startTcpProxy(t, served.url, () => isDown);
  const { page } = await openPage(t, url);
  await page.getByText('Live', { exact: true }).waitFor();
  isDown = true;
  served.app.server.closeAllConnections();
  await page.getByRole('alert').getByText('The API was not reached.').waitFor();
  await page.getByText('Not reached', { exact: true }).waitFor();
  t.ok(await page.getByRole('region', { name: 'Running now' }).isVisible(), 'what was known stays');
  await served.put('meanwhile', { data_set: 'title-boundary' });
  isDown = false;
  await waitForText(page, '0 running, 2 waiting');
  await page.getByText('Live', { exact: true }).waitFor();
  t.equal(await page.getByRole('alert').innerText(), '');
});

t.test('a load that ended while the page did not hear of it is not left running', async (t) => {
  const served = await serve(t);
  await addWorker(served);
  await addEnded(served, {
    id: 'old',
    env: 'development',
    dataSet: 'title-boundary',
    hoursAgo: 30,
    seconds: 1,
    rows: 1,
    status: 'failed',
  });
  await served.call('POST', '/v1/loads/old/retry');
  const { page } = await openPage(t, served.url);
  await waitForText(page, '0 running, 1 waiting');
  await page.route('**/v1/events', (route) => route.abort());
  served.app.server.closeAllConnections();
  await served.setLoad('old', SUCCEEDED);
  await waitForText(page, 'Nothing runs. The last load');
});

t.test('text from elsewhere stays text, wherever it is shown', async (t) => {
  const served = await serve(t);
  await addWorker(served);
  const attack = '<img src=x onerror="window.isAttacked=1"><script>window.isAttacked=1</script>';
  await served.put('evil', { data_set: 'title-boundary', labels: { [attack.slice(0, 60)]: attack } });
  await served.pool.query(
    `UPDATE copydock.loads SET data_set = $1, env = $1, target_table = $1, warnings = ARRAY[$1], submitted_by = $1,
       s3_bucket = $1, s3_bucket_overridden = $1, status = 'failed', finished_at = now(), staging_prefix = $1,
       request = request || jsonb_build_object('path', $1::text), error = $2, commit_plan = $3, cleanup = $4`,
    [
      attack,
      { ...errorOf(attack), hint: attack, object: attack, column: attack, value: attack, sqlstate: attack },
      { strategy: 'direct', reason: attack },
      { status: 'failed', detail: attack },
    ],
  );
  await served.pool.query(
    "INSERT INTO copydock.load_logs (load_id, attempt, level, message) VALUES ('evil', 1, 'error', $1)",
    [attack],
  );
  const { page } = await openPage(t, served.url);
  await page.getByRole('region', { name: 'Failed in the last day' }).getByText(attack).first().waitFor();
  await page.goto(`${served.url}/?load=evil`);
  await page.getByRole('log').getByText(attack).waitFor();
  await page.getByLabel('Search the log').fill('<script>');
  await page.locator('mark').waitFor();
  t.equal(await page.locator('img, main script').count(), 0);
  t.equal(await page.evaluate('window.isAttacked'), undefined);
  t.ok((await page.getByText(attack).count()) >= 10);
});
