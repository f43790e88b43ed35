import t from 'tap';
import { type Body, type Stack, startStack } from '../stack.js';

t.setTimeout(240_000);

const CLEAN = { objects: [], tables: [], transactions: [] };

async function start(t: Parameters<typeof startStack>[0], partSizeBytes?: number): Promise<Stack> {
  const worker = partSizeBytes === undefined ? {} : { partSizeBytes, bufferBytes: 16 * partSizeBytes };
  const stack = await startStack(t, { backend: 'redis', worker });
  await stack.sql(
    'CREATE TABLE place (id bigint PRIMARY KEY, name text NOT NULL, opened date, area numeric(6,2), code varchar(3))',
  );
  await stack.sql(`INSERT INTO place VALUES (1, 'old one', NULL, 1.5)`);
  return stack;
}

function skipping(stack: Stack, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    load_type: 'delta',
    data_set: 'place',
    path: `s3://${stack.source}/place/`,
    on_error: 'skip',
    ...more,
  };
}

/** A load's rejects in short, and its figures, which must balance. */
async function rejectsOf(t: Parameters<typeof startStack>[0], stack: Stack, load: Body) {
  const page = await stack.get(`/v1/loads/${load.id}/rejects`);
  if (load.receipt !== null) {
    const { read, loaded, rejected, deduplicated, filtered } = load.receipt;
    t.equal(read, loaded + rejected + deduplicated + filtered, 'the receipt balances');
    t.equal(rejected, page.rejected, 'the receipt counts the rejects');
  }
  t.strictSame(await stack.litter(), CLEAN, 'no litter');
  return page;
}

const BAD_VALUES = [
  'id,name,opened,area,code',
  '3,three,2024-01-01,1.25,abc',
  '4,"fo\nur",never,1.25,abc',
  '5,five,2024-01-01,123456,abc',
  'six,six,,,',
  '7,,2024-01-01,1.25,abc',
  '8,eight,2024-01-01,1.25,abcd',
  '9,nine,01/02/2024,1.25,abc',
  '10,ten,,"",',
  '',
].join('\n');

for (const partSizeBytes of [undefined, 16]) {
  const parts = partSizeBytes === undefined ? 'one part' : `parts of ${partSizeBytes} bytes`;
  t.test(`records with a bad value are left out and kept with the reason: ${parts}`, async (t) => {
    const stack = await start(t, partSizeBytes);
    await stack.put('place/a.csv', BAD_VALUES);
    const load = await stack.load(skipping(stack));
    t.equal(load.status, 'succeeded', JSON.stringify(load.error));
    t.match(load.receipt, { read: 8, loaded: 2, rejected: 6, inserted: 2 });
    const { items, next_cursor } = await rejectsOf(t, stack, load);
    const object = `s3://${stack.source}/place/a.csv`;
    t.strictSame(
      items.map((item: Body) => [item.line, item.column, item.sqlstate, item.reason]),
      [
        [3, 'opened', '22007', 'invalid input syntax for type date: "never"'],
        [5, 'area', '22003', 'numeric field overflow'],
        [6, 'id', '22P02', 'invalid input syntax for type bigint: "six"'],
        [7, 'name', '23502', 'Column name must not be null'],
        [8, 'code', '22001', 'value too long for type character varying(3)'],
        [9, 'opened', '22008', 'date/time field value out of range: "01/02/2024"'],
      ],
    );
    t.match(items[0], {
      seq: 1,
      object,
      byte_offset: 53,
      record: '4,"fo\nur",never,1.25,abc',
      is_cut: false,
    });
    t.equal(BAD_VALUES.indexOf('4,"fo'), 53, 'the byte offset is where the record begins');
    t.equal(next_cursor, null);
    t.match(load.warnings, [`6 of 8 records were rejected: /v1/loads/${load.id}/rejects`]);
    t.strictSame(await stack.sql('SELECT id::int, area::text FROM place ORDER BY id'), [
      { id: 1, area: '1.50' },
      { id: 3, area: '1.25' },
      { id: 10, area: null },
    ]);
  });
}

t.test('one stack, many loads', async (t) => {
  const stack = await start(t);

  await t.test('rejects as CSV, mended, load as a delta', async (t) => {
    await stack.put('place/a.csv', 'id|name|opened\n3|three|\n4|"fo,""ur"|never\nx|"a|""b"|\n');
    const load = await stack.load(skipping(stack, { csv: { delimiter: '|' } }));
    t.match(load.receipt, { read: 3, loaded: 1, rejected: 2 });
    const answer = await fetch(`${stack.url}/v1/loads/${load.id}/rejects`, {
      headers: { Accept: 'text/csv' },
    });
    t.equal(answer.headers.get('content-type'), 'text/csv; charset=utf-8');
    t.equal(answer.headers.get('content-disposition'), `attachment; filename="rejects-${load.id}.csv"`);
    const csv = await answer.text();
    t.match(csv, /^"id","name","opened","copydock_object","copydock_line",/);
    const mended = csv.replace('"never"', '"2024-05-06"').replace('"x"', '"5"');
    t.not(mended, csv);
    await stack.put('mended.csv', mended);
    const path = `s3://${stack.source}/mended.csv`;
    const delta = await stack.load({ load_type: 'delta', data_set: 'place', path });
    t.equal(delta.status, 'succeeded', JSON.stringify(delta.error));
    t.strictSame(
      await stack.sql('SELECT id::int, name, opened::text FROM place WHERE id IN (4, 5) ORDER BY 1'),
      [
        { id: 4, name: 'fo,"ur', opened: '2024-05-06' },
        { id: 5, name: 'a|"b', opened: null },
      ],
    );
  });

  await t.test('more rejects than max_rejects fail the load, which keeps them', async (t) => {
    await stack.put('place/a.csv', BAD_VALUES);
    for (const max_rejects of [5, '74.9%']) {
      const load = await stack.load(skipping(stack, { max_rejects }));
      t.equal(load.status, 'failed');
      t.match(load.error, {
        code: 'too_many_rejects',
        object: `s3://${stack.source}/place/a.csv`,
        line: 3,
        column: 'opened',
        detail:
          /6 .*records were rejected, and max_rejects is .*line 3, column opened: invalid input syntax for type date: "never"; .*line 5, column area/,
      });
      const { rejected, items } = await rejectsOf(t, stack, load);
      t.strictSame([rejected, items.length], [6, 6]);
    }
    for (const max_rejects of [6, '75%']) {
      t.equal((await stack.load(skipping(stack, { max_rejects }))).status, 'succeeded');
    }
  });

  await t.test('a load of which every record is rejected fails', async (t) => {
    await stack.put('place/a.csv', 'id,name\nx,a\ny,b\n');
    const load = await stack.load(skipping(stack));
    t.match(load.error, {
      code: 'too_many_rejects',
      detail: /^2 of 2 records were rejected, which is all of them/,
    });
  });

  await t.test('a retry forgets the rejects of the attempt before', async (t) => {
    await stack.put('place/a.csv', 'id,name\nx,a\n3,b\n');
    const load = await stack.load(skipping(stack, { max_rejects: 0 }));
    t.equal((await rejectsOf(t, stack, load)).rejected, 1);
    await stack.put('place/a.csv', 'id,name\n3,b\n');
    await stack.tell(load.id, 'retry');
    const again = await stack.waitUntilDone(load.id);
    t.equal(again.status, 'succeeded', JSON.stringify(again.error));
    t.match(await rejectsOf(t, stack, again), { rejected: 0, items: [] });
  });

  await t.test('pages follow the cursor', async (t) => {
    await stack.put('place/a.csv', BAD_VALUES);
    const load = await stack.load(skipping(stack));
    const first = await stack.get(`/v1/loads/${load.id}/rejects?limit=4`);
    t.strictSame([first.items.length, first.next_cursor], [4, '4']);
    const second = await stack.get(`/v1/loads/${load.id}/rejects?limit=4&cursor=4`);
    t.strictSame([second.items.map(({ seq }: Body) => seq), second.next_cursor], [[5, 6], null]);
  });

  await t.test('full loads by every strategy that stages leave the same rows', async (t) => {
    await stack.put('place/a.csv', BAD_VALUES);
    await stack.sql('ALTER TABLE place OWNER TO copydock_loader');
    for (const commit_strategy of ['delete_insert', 'diff', 'swap']) {
      const load = await stack.load(
        skipping(stack, { load_type: 'full', commit_strategy, allow_shrink: true }),
      );
      t.equal(load.status, 'succeeded', `${commit_strategy}: ${JSON.stringify(load.error)}`);
      t.match(load.receipt, { read: 8, loaded: 2, rejected: 6 }, commit_strategy);
      await rejectsOf(t, stack, load);
      t.strictSame(await stack.sql('SELECT id::int FROM place ORDER BY id'), [{ id: 3 }, { id: 10 }]);
    }
  });
});
