import t from 'tap';
import { startStack } from '../worker/stack.js';
import { openPage, waitForText } from './browser.js';

t.test('a real load is followed from its acceptance to its receipt', async (t) => {
  const stack = await startStack(t);
  await stack.sql('CREATE TABLE tree (reference text PRIMARY KEY, height integer)');
  await stack.put('tree.csv', 'reference,height\noak,20\nyew,12\n');
  const { page } = await openPage(t, stack.url);
  await waitForText(page, 'Nothing runs, and no load was accepted in the last day.');
  const request = { load_type: 'full', data_set: 'tree', path: `s3://${stack.source}/tree.csv` };
  const { id } = await stack.post(request);
  const list = page.getByRole('region', { name: 'Loads', exact: true });
  await list.getByText('2 rows').waitFor();
  await list.getByRole('link', { name: 'tree' }).click();
  await page.getByRole('region', { name: 'Receipt' }).waitFor();
  await page
    .getByRole('log')
    .getByText('_write_to_postgres_copy: COPY protocol completed successfully')
    .waitFor();
  t.match(await page.locator('main').innerText(), new RegExp(`${id}[\\s\\S]*The request named it`));
  await stack.put('tree.csv', 'reference,height\noak,tall\n');
  await stack.post(request);
  await page.getByRole('link', { name: 'All loads' }).click();
  await page.getByRole('region', { name: 'Failed in the last day' }).getByText('bad_value').waitFor();
});
