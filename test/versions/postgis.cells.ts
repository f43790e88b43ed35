import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ensurePostgis } from '../services/install.js';
import { type Body, type Stack, startStack } from '../worker/stack.js';
import { useServer } from './server.js';

const DEMO_DIR = join(import.meta.dirname, '../../demo');
const CLEAN = { objects: [], tables: [], transactions: [] };
const SQUARE = 'POLYGON((0 0,0 2,2 2,2 0,0 0))';
const BOWTIE = 'POLYGON((0 0,1 1,1 0,0 1,0 0))';
/** SRID=4326;POINT(1 2) */
const POINT_EWKB = '0101000020E6100000000000000000F03F0000000000000040';
/** POINT(1 2) */
const POINT_WKB = '0101000000000000000000F03F0000000000000040';

t.setTimeout(600_000);
await useServer(t, ensurePostgis());

type Tap = Parameters<typeof startStack>[0];

async function start(t: Tap, partSizeBytes?: number, schema = 'public'): Promise<Stack> {
  const worker = partSizeBytes === undefined ? {} : { partSizeBytes, bufferBytes: 16 * partSizeBytes };
  const stack = await startStack(t, {
    backend: 'redis',
    worker,
    tables: new Map([['public.entity', { scopeColumn: 'dataset', lockTarget: false }]]),
  });
  await stack.sql(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await stack.sql(`CREATE EXTENSION postgis SCHEMA ${schema}`);
  await stack.sql(`CREATE DOMAIN spot AS ${schema}.geometry(Point,4326)`);
  await stack.sql(
    `CREATE TABLE place (id int PRIMARY KEY, area ${schema}.geometry(MultiPolygon,4326),
       point ${schema}.geometry(Point,4326), globe ${schema}.geography(Point), spot spot, any_shape ${schema}.geometry)`,
  );
  await stack.sql('ALTER TABLE place OWNER TO test_service');
  return stack;
}

function request(stack: Stack, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { load_type: 'full', data_set: 'place', path: `s3://${stack.source}/place/`, ...more };
}

function csv(...rows: (string | number)[][]): string {
  return rows
    .map((row) => `${row.map((value) => `"${String(value).replaceAll('"', '""')}"`).join(',')}\n`)
    .join('');
}

async function succeed(t: Tap, stack: Stack, more: Record<string, unknown> = {}): Promise<Body> {
  const load = await stack.load(request(stack, more));
  t.equal(load.status, 'succeeded', JSON.stringify(load.error));
  t.strictSame(await stack.litter(), CLEAN, 'no litter');
  const functions = await stack.sql(
    `SELECT proname FROM pg_proc WHERE pronamespace = 'copydock'::regnamespace AND proname LIKE 'staging%'`,
  );
  t.strictSame(functions, [], 'no function is left');
  return load;
}

const POINTS: [form: string, text: string][] = [
  ['WKT', 'POINT(1 2)'],
  ['EWKT', 'SRID=4326;POINT(1 2)'],
  ['WKB', POINT_WKB],
  ['EWKB', POINT_EWKB.toLowerCase()],
  ['bytea', `\\x${POINT_WKB}`],
  ['GeoJSON', ' {"type":"Point","coordinates":[1,2]}'],
];

for (const schema of ['public', 'gis']) {
  t.test(`each way of writing a geometry arrives with its column's SRID; PostGIS in ${schema}`, async (t) => {
    const stack = await start(t, undefined, schema);
    const rows = POINTS.map(([, text], id) => [id, SQUARE, text, text, text, text]);
    await stack.put('place/a.csv', csv(['id', 'area', 'point', 'globe', 'spot', 'any_shape'], ...rows));
    const load = await succeed(t, stack);
    t.match(load.commit_plan.not_allowed, [
      { strategy: 'direct', reason: 'area is geometry, which is checked in a staging table' },
    ]);
    const found = await stack.sql(
      `SELECT id, ${schema}.ST_AsEWKT(area) AS area, ${schema}.ST_AsEWKT(point) AS point, ${schema}.ST_AsText(globe) AS globe,
              ${schema}.ST_AsEWKT(spot) AS spot, ${schema}.ST_AsText(any_shape) AS any_shape FROM place ORDER BY id`,
    );
    const point = { point: 'SRID=4326;POINT(1 2)', globe: 'POINT(1 2)', spot: 'SRID=4326;POINT(1 2)' };
    const area = 'SRID=4326;MULTIPOLYGON(((0 0,0 2,2 2,2 0,0 0)))';
    for (const [id, [form]] of POINTS.entries()) {
      t.strictSame(found[id], { id, area, ...point, any_shape: 'POINT(1 2)' }, form);
    }
  });
}

t.test('every strategy gives the same geometry, and finds it unchanged', async (t) => {
  const stack = await start(t);
  await stack.put('place/a.csv', csv(['id', 'area', 'point'], [1, SQUARE, 'POINT(1 2)'], [2, '', '']));
  const contents = () => stack.sql('SELECT id, area::text, point::text FROM place ORDER BY id');
  await succeed(t, stack, { commit_strategy: 'delete_insert' });
  const expected = await contents();
  t.match(expected, [
    { id: 1, point: POINT_EWKB },
    { id: 2, area: null, point: null },
  ]);
  for (const more of [
    { commit_strategy: 'diff' },
    { commit_strategy: 'swap' },
    { load_type: 'delta' },
    { load_type: 'delta', duplicates: 'last' },
    { validate_only: true },
    { load_type: 'sample' },
  ]) {
    const load = await succeed(t, stack, more);
    t.strictSame(await contents(), expected, JSON.stringify(more));
    if (load.commit_plan.strategy === 'diff' || more.load_type === 'delta') {
      t.match(load.receipt, { loaded: 2, unchanged: 2, updated: 0 });
    }
  }
  const direct = await stack.load(request(stack, { commit_strategy: 'direct' }));
  t.match(direct.error, { code: 'strategy_not_possible' });
});

const BAD: [text: string, column: string, sqlstate: string, reason: string | RegExp][] = [
  [BOWTIE, 'area', '22023', 'The geometry is not valid: Self-intersection[0.5 0.5]'],
  [
    'POLYG((0 0))',
    'area',
    '22P02',
    'parse error - invalid geometry: "PO" <-- parse error at position 2 within geometry',
  ],
  [
    'SRID=27700;POLYGON((0 0,0 2,2 2,0 0))',
    'area',
    '22023',
    'Geometry SRID (27700) does not match column SRID (4326)',
  ],
  ['POINT(1 2)', 'area', '22023', 'Geometry type (MultiPoint) does not match column type (MultiPolygon)'],
  ['{"type":"Point"}', 'point', '22P02', /coordinates/],
  ['0101', 'point', '22P02', /./],
  ['POINT(181 0)', 'globe', '22003', 'A coordinate is beyond longitude -180 to 180 or latitude -90 to 90'],
];

function badFile(): string {
  const rows = BAD.map(([text, column], id) => [
    id,
    ...['area', 'point', 'globe'].map((name) => (name === column ? text : '')),
  ]);
  return csv(['id', 'area', 'point', 'globe'], [100, SQUARE, 'POINT(1 2)', 'POINT(1 2)'], ...rows);
}

for (const partSizeBytes of [undefined, 64]) {
  t.test(`skip keeps each bad geometry with its reason: parts of ${partSizeBytes} bytes`, async (t) => {
    const stack = await start(t, partSizeBytes);
    await stack.put('place/a.csv', badFile());
    const load = await succeed(t, stack, { on_error: 'skip' });
    t.match(load.receipt, { read: 8, loaded: 1, rejected: 7 });
    const { items } = await stack.get(`/v1/loads/${load.id}/rejects`);
    for (const [at, [text, column, sqlstate, reason]] of BAD.entries()) {
      t.match(items[at], { line: at + 3, column, sqlstate, reason }, text);
    }
  });
}

t.test('abort names object, line, column, value and reason of the first bad geometry', async (t) => {
  const stack = await start(t, 64);
  await stack.put('place/a.csv', badFile());
  const load = await stack.load(request(stack));
  const object = `s3://${stack.source}/place/a.csv`;
  t.match(load.error, {
    code: 'bad_value',
    detail: `${object}, line 3, column area: The geometry is not valid: Self-intersection[0.5 0.5]`,
    object,
    line: 3,
    column: 'area',
    value: BOWTIE,
  });
  t.strictSame(await stack.litter(), CLEAN);
});

t.test('make_valid mends what is not valid, as the kind that the column takes', async (t) => {
  const stack = await start(t);
  const spike = 'POLYGON((0 0,2 0,2 2,0 2,0 0,0 3,0 0))';
  await stack.put('place/a.csv', csv(['id', 'area'], [1, BOWTIE], [2, SQUARE], [3, spike]));
  await succeed(t, stack, { make_valid: true });
  t.strictSame(
    await stack.sql(
      'SELECT id, ST_IsValid(area) AS valid, GeometryType(area) AS kind, ST_Area(area) AS size FROM place ORDER BY id',
    ),
    [
      { id: 1, valid: true, kind: 'MULTIPOLYGON', size: 0.5 },
      { id: 2, valid: true, kind: 'MULTIPOLYGON', size: 4 },
      { id: 3, valid: true, kind: 'MULTIPOLYGON', size: 4 },
    ],
  );
});

t.test('rows of objects without the column take its default, and NULL stays NULL', async (t) => {
  const stack = await start(t);
  await stack.sql(`ALTER TABLE place ALTER point SET DEFAULT 'SRID=4326;POINT(9 9)'`);
  await stack.put('place/a.csv', csv(['id', 'point'], [1, 'POINT(1 2)'], [2, '']));
  await stack.put('place/b.csv', csv(['id'], [3]));
  await succeed(t, stack);
  t.strictSame(await stack.sql('SELECT id, ST_AsText(point) AS point FROM place ORDER BY id'), [
    { id: 1, point: 'POINT(1 2)' },
    { id: 2, point: null },
    { id: 3, point: 'POINT(9 9)' },
  ]);
});

t.test('the real files fill their tables with valid geometry, scope by scope', async (t) => {
  const stack = await start(t);
  await stack.sql(await readFile(join(DEMO_DIR, 'schema.sql'), 'utf8'));
  await stack.sql('ALTER TABLE entity ALTER geometry TYPE geometry(MultiPolygon,4326) USING NULL');
  await stack.sql('ALTER TABLE entity ALTER point TYPE geometry(Point,4326) USING NULL');
  for (const table of ['typology', 'licence', 'organisation', 'dataset', 'old_entity', 'entity']) {
    const body = await readFile(join(DEMO_DIR, `data/planning/exported_${table}.csv`));
    await stack.put(`${table}.csv`, body);
    const dataSets = table === 'entity' ? ['article-4-direction', 'ancient-woodland'] : [table];
    for (const dataSet of dataSets) {
      const load = await succeed(t, stack, {
        data_set: dataSet.replaceAll('_', '-'),
        table,
        path: `s3://${stack.source}/${table}.csv`,
      });
      if (table === 'entity') t.equal(load.receipt.loaded + load.receipt.filtered, 6);
    }
  }
  const [counts] = await stack.sql(
    `SELECT count(*)::int AS rows, count(geometry)::int AS shapes, count(point)::int AS points,
            bool_and(ST_IsValid(geometry)) AND bool_and(ST_IsValid(point)) AS valid,
            array_agg(DISTINCT ST_SRID(coalesce(geometry, point))) AS srids FROM entity`,
  );
  t.match(counts, { rows: 6, valid: true, srids: [4326] });
  t.ok(Number(counts?.shapes) > 0 && Number(counts?.points) > 0, JSON.stringify(counts));
});
