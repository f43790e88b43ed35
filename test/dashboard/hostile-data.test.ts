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
