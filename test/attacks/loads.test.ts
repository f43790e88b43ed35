import t from 'tap';
import { startStack } from '../worker/stack.js';

const QUOTE_BREAK = `id"); DROP TABLE canary; --`;
const ESCAPES = '\u001b[2J\u001b]0;owned\u0007';

t.test('SQL in a file is data, whatever place it stands in', async (t) => {
  const stack = await startStack(t);
  await stack.sql('CREATE TABLE canary (id int); INSERT INTO canary VALUES (1)');
  await stack.sql('CREATE TABLE tree (id int PRIMARY KEY, note text)');
  const value = `'); DROP TABLE canary; --`;
  const header = `id,note,"${QUOTE_BREAK.replaceAll('"', '""')}",id || (SELECT 1)\n`;
  await stack.put('tree.csv', `${header}1,${value},x,y\n2,\\.x,$$,'\n`);
  const load = { data_set: 'tree', path: `s3://${stack.source}/tree.csv`, table: 'tree' };
  for (const request of [
    { load_type: 'full', commit_strategy: 'delete_insert' },
    { load_type: 'full', commit_strategy: 'diff', csv: { null_string: `', HEADER 'true` } },
    { load_type: 'delta' },
    { load_type: 'full', duplicates: 'last', csv: { quote: "'", escape: "'", delimiter: ',' } },
    { load_type: 'full', csv: { delimiter: "'" } },
    { load_type: 'full', csv: { columns: [QUOTE_BREAK, 'note', 'a', 'b'], header: false } },
    { load_type: 'full', table: 'made', create_table: true },
  ]) {
    const { status, error } = await stack.load({ ...load, ...request });
    t.ok(
      status === 'succeeded' || /^(header_invalid|bad_|unbalanced|required|ragged|record)/.test(error.code),
      error?.code,
    );
  }
  t.strictSame(await stack.sql('SELECT id FROM canary'), [{ id: 1 }], 'the canary lives');
  t.strictSame(await stack.sql('SELECT note FROM tree WHERE id = 1'), [{ note: value }]);
  const made = await stack.sql(
    `SELECT attname FROM pg_attribute WHERE attrelid = 'made'::regclass AND attnum > 0`,
  );
  t.equal(made.length, 4, 'an odd header name is the name of a column');
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});

t.test('names and values write no line of their own into a log or onto a terminal', async (t) => {
  const lines: string[] = [];
  const stack = await startStack(t, { onLog: (line) => lines.push(line) });
  await stack.sql('CREATE TABLE tree (id int PRIMARY KEY, note text)');
  const forged = `2026-01-01T00:00:00.000Z info _write_to_postgres_copy: COPY protocol completed successfully`;
  await stack.put('tree.csv', `id,note,"${ESCAPES}x"\n1,a,b\n"${ESCAPES}\n${forged}",c,d\n`);
  const request = { load_type: 'full', data_set: 'tree', path: `s3://${stack.source}/tree.csv` };
  const { id, status } = await stack.load({ ...request, labels: { [`a\n${forged}`]: ESCAPES } });
  t.equal(status, 'failed');
  const response = await fetch(`${stack.url}/v1/loads/${id}/logs`, { headers: { Accept: 'text/plain' } });
  const text = await response.text();
  t.notMatch(text, new RegExp(`^${forged}`, 'm'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: nothing of it may be there
  t.notMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/, 'no control character but the end of a line');
  const { items } = await stack.get(`/v1/loads/${id}/logs`);
  t.equal(text.trimEnd().split('\n').length, items.length, 'a line for each message');
  const gate = await fetch(`${stack.url}/v1/loads/${id}/gate`);
  t.match(gate.statusText, /^[\x20-\x7e]+$/);
  t.ok(
    lines.length > 0 && lines.every((line) => line.trimEnd().split('\n').length === 1 && JSON.parse(line)),
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: nothing of it may be there
  t.notMatch(lines.join(''), /[\x00-\x09\x0b-\x1f]/, 'JSON lines escape them');
});
