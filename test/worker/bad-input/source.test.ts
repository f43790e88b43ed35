import t from 'tap';
import { possible, startStack } from '../stack.js';
import { expectFailure, fullLoad, makePlaces } from './expect-failure.js';

t.test('sources that can not be loaded, each told apart', async (t) => {
  const stack = await startStack(t, { backend: 'redis' });
  await makePlaces(stack);
  const put = (key: string, body: string | Buffer) => stack.put(key, body);
  const fails = (name: string, key: string, error: Record<string, unknown>, more = {}) =>
    t.test(name, (t) => expectFailure(t, stack, { ...fullLoad(stack, key), ...more }, error).then(() => {}));

  await put('beside/a.csv-old', 'id,name\n3,x\n');
  await fails('no object under the path', 'beside/a.csv', {
    code: 'empty_source',
    field: 'path',
    detail: `There is no object under s3://${stack.source}/beside/a.csv.`,
  });
  await fails('no object that a glob matches', 'beside/*.csv', { code: 'empty_source', detail: /\*\.csv/ });
  await t.test('no such source bucket', async (t) => {
    await expectFailure(
      t,
      stack,
      { ...fullLoad(stack, ''), path: 's3://no-such-bucket-here/x/' },
      { code: 'source_bucket_not_found', detail: /no-such-bucket-here/ },
    );
  });
  await put('none.csv', '');
  await fails('an object without a byte', 'none.csv', { code: 'empty_source', field: 'path' });
  await put('header.csv', 'id,name\n');
  for (const commit_strategy of possible(['direct', 'delete_insert'])) {
    const empty = { code: 'empty_source', detail: /holds a row/, hint: /allow_empty/ };
    await fails(`a header alone, ${commit_strategy}`, 'header.csv', empty, { commit_strategy });
  }

  const object = (key: string) => `s3://${stack.source}/${key}`;
  await put('twice.csv', 'id,entry-date,name,entry_date\n3,,x,\n');
  await fails('a header column twice', 'twice.csv', {
    code: 'duplicate_column',
    column: 'entry_date',
    object: object('twice.csv'),
  });
  await put('unnamed.csv', 'id,,name\n3,,x\n');
  await fails('a header column without a name', 'unnamed.csv', {
    code: 'header_invalid',
    detail: /column 2/,
  });
  await put('more.csv', 'id,name,height,Name\n3,x,1,y\n');
  await fails(
    'columns that the target lacks, where they are forbidden',
    'more.csv',
    { code: 'unknown_column', column: 'height', detail: /height, Name/ },
    { unknown_columns: 'fail' },
  );
  await put('pipe.csv', 'id|name\n3|x\n');
  await fails(
    'another delimiter than the one asked for',
    'pipe.csv',
    { code: 'header_invalid', hint: /"\|": set csv.delimiter/ },
    { csv: { delimiter: ',' } },
  );
  await put('less.csv', 'id,opened\n3,2024-01-01\n');
  await fails('no column that must have a value', 'less.csv', {
    code: 'required_column_missing',
    column: 'name',
  });
  await put('differ/a.csv', 'id,name\n3,x\n');
  await put('differ/b.csv', 'id,name,opened\n4,y,\n');
  await fails(
    'objects with different columns, where that is forbidden',
    'differ/',
    { code: 'header_mismatch', column: 'opened', object: object('differ/a.csv') },
    { missing_columns: 'fail' },
  );
  await fails(
    'objects with different columns, in an upsert',
    'differ/',
    { code: 'header_mismatch', column: 'opened', hint: /upsert/ },
    { load_type: 'delta' },
  );
  await put('needed/a.csv', 'id,name\n3,x\n');
  await put('needed/b.csv', 'id\n4\n');
  await fails('an object without a column that every row needs', 'needed/', {
    code: 'required_column_missing',
    column: 'name',
    object: object('needed/b.csv'),
  });
  await put('headless/a.csv', 'id,name\n3,x\n');
  await put('headless/b.csv', '4,y\n5,z\n');
  await fails('an object that lacks its header', 'headless/', {
    code: 'header_mismatch',
    object: object('headless/b.csv'),
    detail: /no column of public\.place.*: 4, y\.$/,
  });
  await put('wide-bare.csv', Buffer.from('id,name\n3,x\n', 'utf16le'));
  await fails('UTF-16 without its mark', 'wide-bare.csv', {
    code: 'unsupported_encoding',
    detail: /NUL/,
    hint: /UTF16LE/,
  });
  await put('latin.csv', Buffer.from('id,näme\n3,x\n', 'latin1'));
  await fails('a header that is not UTF-8', 'latin.csv', {
    code: 'unsupported_encoding',
    hint: /csv.encoding/,
  });
});

t.test('columns that the target lacks are reported and left out', async (t) => {
  const stack = await startStack(t, { backend: 'redis' });
  await makePlaces(stack);
  const long = 'l'.repeat(70);
  await stack.put('more.csv', `id,name,height,xmin,${long}\n3,x,1,c,1\n4,y,2,c,1\n`);
  const load = await stack.load(fullLoad(stack, 'more.csv'));
  t.match(
    load,
    { status: 'succeeded', error: null, commit_plan: { strategy: 'delete_insert' } },
    JSON.stringify(load.error),
  );
  t.match(load.warnings, [
    /^Columns that public\.place lacks or computes itself are not loaded: height, xmin_, l{63}$/,
  ]);
  t.strictSame(await stack.sql('SELECT id, name FROM place ORDER BY id'), [
    { id: '3', name: 'x' },
    { id: '4', name: 'y' },
  ]);
});

t.test('objects of one load may order their columns differently, and mix line ends', async (t) => {
  const stack = await startStack(t, { backend: 'redis', worker: { partSizeBytes: 16, bufferBytes: 256 } });
  await makePlaces(stack);
  await stack.put('mixed/a.csv', '\ufeffid,name\r\n3,"x\r\ny"\r\n4,z');
  await stack.put('mixed/b.csv', 'name,id\n"q\nr",5\n');
  await stack.put('mixed/c.csv', 'id,name\r6,s\r');
  await stack.put('mixed/_SUCCESS', '');
  for (const commit_strategy of possible(['direct', 'delete_insert'])) {
    const load = await stack.load({ ...fullLoad(stack, 'mixed/'), commit_strategy });
    t.match(
      load,
      { status: 'succeeded', receipt: { read: 4, source_objects: 3 } },
      JSON.stringify(load.error),
    );
    t.strictSame(await stack.sql('SELECT id, name FROM place ORDER BY id'), [
      { id: '3', name: 'x\r\ny' },
      { id: '4', name: 'z' },
      { id: '5', name: 'q\nr' },
      { id: '6', name: 's' },
    ]);
  }
});
