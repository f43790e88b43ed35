import { readFile } from 'node:fs/promises';
import t from 'tap';
import { startStack } from '../worker/stack.js';
import { openPage } from './browser.js';

const ATTACK = '<img src=x onerror="window.isAttacked=1"><script>window.isAttacked=1</script>';

t.test('what a file brings is text on the page: names of its header, its values, its own name', async (t) => {
  const stack = await startStack(t);
  await stack.sql('CREATE TABLE tree (id integer PRIMARY KEY)');
  const key = `${ATTACK.replaceAll('/', '')}.csv`;
  const quoted = `"${ATTACK.replaceAll('"', '""')}"`;
  await stack.put(key, `id,${quoted}\n1,a\n${quoted},b\n`);
  const { id, status, error, warnings } = await stack.load({
    load_type: 'full',
    data_set: 'tree',
    path: `s3://${stack.source}/`,
    labels: { [ATTACK.slice(0, 60)]: ATTACK },
  });
  t.match(
    { status, error },
    { status: 'failed', error: { code: 'bad_value', object: /<img/, value: /<img/ } },
  );
  t.match(JSON.stringify([error, warnings]), '<script>');
  const { page } = await openPage(t, stack.url);
  await page.getByRole('region', { name: 'Failed in the last day' }).getByText('bad_value').waitFor();
  await page.goto(`${stack.url}/?load=${id}`);
  await page.getByRole('log').getByText('<img').first().waitFor();
  t.equal(await page.locator('img, main script').count(), 0);
  t.equal(await page.evaluate('window.isAttacked'), undefined);
});

t.test('rejects are shown with their reasons, as text, and all of them can be downloaded', async (t) => {
  const stack = await startStack(t);
  await stack.sql('CREATE TABLE tree (id integer PRIMARY KEY, name text)');
  const bad = Array.from({ length: 60 }, (_, index) => `x${index},"${ATTACK.replaceAll('"', '""')}"\n`);
  await stack.put('r.csv', `id,name\n1,a\n${bad.join('')}`);
  const { id, status } = await stack.load({
    load_type: 'full',
    data_set: 'tree',
    path: `s3://${stack.source}/r.csv`,
    on_error: 'skip',
    max_rejects: 100,
  });
  t.equal(status, 'succeeded');
  const { page } = await openPage(t, `${stack.url}/?load=${id}`);
  const rejects = page.getByRole('region', { name: 'Rejects' });
  await rejects.getByText('60 records left out').waitFor();
  t.equal(await rejects.getByRole('listitem').count(), 50);
  t.match(await rejects.innerText(), /"x0"[\s\S]*r\.csv, line 3, column id, SQLSTATE 22P02[\s\S]*x0,"<img/);
  await rejects.getByRole('button', { name: 'Show more' }).click();
  await rejects.getByText('r.csv, line 62,').waitFor();
  t.equal(await rejects.getByRole('listitem').count(), 60);
  t.equal(await page.evaluate('window.isAttacked'), undefined);
  const started = page.waitForEvent('download');
  await rejects.getByRole('button', { name: /Download as CSV/ }).click();
  const download = await started;
  t.equal(download.suggestedFilename(), `rejects-${id}.csv`);
  const text = await readFile(await download.path(), 'utf8');
  t.match(text, /^"id","name","copydock_object",/);
  t.equal(text.match(/^"x\d+",/gm)?.length, 60);
});
