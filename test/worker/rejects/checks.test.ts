import t from 'tap';
import { type Body, possible, type Stack, startStack } from '../stack.js';

t.setTimeout(240_000);

const SOURCE = [
  'id,name,area,kind',
  '3,three,1.25,a',
  '-4,four,1.25,a',
  '5,five,9,b',
  '6,six,3,a',
  '7,,1,a',
  '8,eight,,c',
  '9,nine,x,a',
  '10,ten,2,c',
  '',
].join('\n');
const BAD = [
  [3, 'id', '23514', 'The record violates check constraint "place_id_check": (id > 0)'],
  [
    4,
    null,
    '23514',
    'The record violates check constraint "area of b": ((kind <> \'b\'::text) OR (area < (5)::numeric))',
  ],
  [6, 'name', '23502', 'Column name must not be null'],
  [8, 'area', '22P02', 'invalid input syntax for type numeric: "x"'],
];

async function start(t: Parameters<typeof startStack>[0]): Promise<Stack> {
  const stack = await startStack(t, {
    backend: 'redis',
    tables: new Map([['public.mixed', { scopeColumn: 'kind', lockTarget: false }]]),
  });
  for (const table of ['place', 'mixed']) {
    await stack.sql(`CREATE TABLE ${table} (id int PRIMARY KEY CONSTRAINT place_id_check CHECK (id > 0), name text NOT NULL,
      area numeric, kind text, added timestamptz DEFAULT now(), CONSTRAINT "area of b" CHECK (kind <> 'b' OR area < 5),
      CHECK (added IS NOT NULL OR name = 'x'))`);
    await stack.sql(`ALTER TABLE ${table} OWNER TO copydock_loader`);
  }
  await stack.put('place.csv', SOURCE);
  return stack;
}

function request(stack: Stack, more: Record<string, unknown>): Record<string, unknown> {
  const path = `s3://${stack.source}/place.csv`;
  return { load_type: 'full', data_set: 'place', path, on_error: 'skip', allow_shrink: true, ...more };
}

async function rejectsOf(stack: Stack, load: Body) {
  const { items } = await stack.get(`/v1/loads/${load.id}/rejects`);
  return items.map(({ line, column, sqlstate, reason }: Body) => [line, column, sqlstate, reason]);
}

t.test('records that break a CHECK of the table or leave a column null', async (t) => {
  const stack = await start(t);

  for (const commit_strategy of possible(['delete_insert', 'diff', 'swap'])) {
    await t.test(`are rejects with their reason: ${commit_strategy}`, async (t) => {
      const load = await stack.load(request(stack, { commit_strategy }));
      t.equal(load.status, 'succeeded', JSON.stringify(load.error));
      t.match(load.receipt, { read: 8, loaded: 4, rejected: 4 });
      t.strictSame(await rejectsOf(stack, load), BAD);
      t.strictSame(await stack.sql('SELECT id FROM place ORDER BY id'), [
        { id: 3 },
        { id: 6 },
        { id: 8 },
        { id: 10 },
      ]);
    });
  }

  await t.test('are rejects of an upsert and of a dry run', async (t) => {
    for (const more of [{ load_type: 'delta' }, { validate_only: true }]) {
      const load = await stack.load(request(stack, more));
      t.equal(load.status, 'succeeded', JSON.stringify(load.error));
      t.match(load.receipt, { read: 8, loaded: 4, rejected: 4 });
      t.strictSame(await rejectsOf(stack, load), BAD);
    }
  });

  await t.test('are rejects where they are in scope, and filtered where they are not', async (t) => {
    for (const more of [{}, ...possible(['diff']).map((commit_strategy) => ({ commit_strategy }))]) {
      const load = await stack.load(request(stack, { data_set: 'a', table: 'mixed', ...more }));
      t.equal(load.status, 'succeeded', JSON.stringify(load.error));
      t.match(load.receipt, { read: 8, loaded: 2, rejected: 3, filtered: 3 });
      t.strictSame(
        await rejectsOf(stack, load),
        BAD.filter(([line]) => line !== 4),
      );
    }
  });

  await t.test('fail a load that does not skip them, naming the record', async (t) => {
    const sources: [string, Record<string, unknown>][] = [
      [
        'id,name,area,kind\n3,three,1,a\n-4,four,1,a\n',
        { code: 'check_violation', sqlstate: '23514', line: 3 },
      ],
      [
        'id,name,area,kind\n3,three,1,a\n4,,1,a\n',
        { code: 'null_value', sqlstate: '23502', line: 3, column: 'name' },
      ],
    ];
    for (const [source, error] of sources) {
      await stack.put('bad.csv', source);
      const path = `s3://${stack.source}/bad.csv`;
      for (const more of [{}, { data_set: 'a', table: 'mixed' }]) {
        const load = await stack.load(request(stack, { path, on_error: 'abort', ...more }));
        t.match(load.error, { ...error, object: path }, JSON.stringify(load.error));
        t.notMatch(load.error.detail, /staging_|copydock_/);
      }
    }
  });

  await t.test(
    'fail the load where more than the record tells: other rows, columns that the source lacks',
    async (t) => {
      await stack.sql(`CREATE TABLE kind (code text PRIMARY KEY);
      CREATE TABLE knotted (id int PRIMARY KEY, kind text REFERENCES kind, name text UNIQUE, area int4range,
        twice int GENERATED ALWAYS AS (id * 2) STORED CHECK (twice < 20), EXCLUDE USING gist (area WITH &&))`);
      const sources: [string, Record<string, unknown>][] = [
        [
          'id,kind\n1,\n2,b\n',
          {
            code: 'foreign_key_violation',
            sqlstate: '23503',
            detail: /Key \(kind\)=\(b\) is not present in table "kind"/,
          },
        ],
        [
          'id,name\n1,a\n2,a\n',
          { code: 'duplicate_key', sqlstate: '23505', detail: /Key \(name\)=\(a\) already exists/ },
        ],
        [
          'id,area\n1,"[1,3)"\n2,"[2,5)"\n',
          { code: 'check_violation', sqlstate: '23P01', detail: /conflicts with existing key/ },
        ],
        [
          'id,name\n1,a\n11,b\n',
          { code: 'check_violation', sqlstate: '23514', detail: /"knotted_twice_check"/ },
        ],
        ['id,name\n1,a\n1,b\n', { code: 'duplicate_key', detail: /line 2 and .* line 3/ }],
      ];
      for (const [source, error] of sources) {
        await stack.put('knotted.csv', source);
        const path = `s3://${stack.source}/knotted.csv`;
        const load = await stack.load(
          request(stack, { table: 'knotted', path, commit_strategy: 'delete_insert' }),
        );
        t.match(load.error, error, JSON.stringify(load.error));
        t.strictSame(await stack.sql('SELECT * FROM knotted'), []);
      }
    },
  );

  await t.test('are left to a trigger that mends them', async (t) => {
    await stack.sql(`CREATE TABLE mended (id int PRIMARY KEY CHECK (id > 0), name text);
      CREATE FUNCTION mend() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id := abs(NEW.id); RETURN NEW; END';
      CREATE TRIGGER mend BEFORE INSERT ON mended FOR EACH ROW EXECUTE FUNCTION mend()`);
    await stack.put('mended.csv', 'id,name\n-4,four\n');
    const path = `s3://${stack.source}/mended.csv`;
    const load = await stack.load(request(stack, { table: 'mended', path }));
    t.equal(load.status, 'succeeded', JSON.stringify(load.error));
    t.strictSame(await stack.sql('SELECT id FROM mended'), [{ id: 4 }]);
  });
});
