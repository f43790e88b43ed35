import t from 'tap';
import type { Config, EnvironmentConfig } from '../../src/config/types.js';
import type { LoadRequest } from '../../src/loads/load.js';
import { decideScope, nameSampleTable } from '../../src/loads/scope.js';
import { environment } from './configuration.js';

const env: EnvironmentConfig = { ...environment('development'), targetSchemas: ['public', 'geo'] };
const config: Pick<Config, 'tables' | 'dataSets'> = {
  tables: new Map([['public.entity', { scopeColumn: 'dataset', lockTarget: false }]]),
  dataSets: new Map([
    ['ancient-woodland', { table: 'entity', csv: {}, commitStrategy: null, prefer: 'time' }],
    ['free-form', { table: null, csv: {}, commitStrategy: null, prefer: 'time' }],
  ]),
};

const cases: [
  title: string,
  request: Partial<LoadRequest>,
  targetTable: string,
  scopeTable: string,
  scopeKey: string,
][] = [
  [
    'the data set names the table',
    { data_set: 'transport-access-node' },
    'public.transport_access_node',
    '=',
    '*',
  ],
  [
    'the configuration names the table',
    { data_set: 'ancient-woodland' },
    'public.entity',
    '=',
    'ancient-woodland',
  ],
  ['an entry without a table names none', { data_set: 'free-form' }, 'public.free_form', '=', '*'],
  ['the request outranks both', { data_set: 'ancient-woodland', table: 'geo.area' }, 'geo.area', '=', '*'],
  ['a table of the same name elsewhere has no scope column', { table: 'geo.entity' }, 'geo.entity', '=', '*'],
  ['a delta has the scope too', { load_type: 'delta', table: 'entity' }, 'public.entity', '=', 'tree'],
  [
    'a sample meets its own table',
    { load_type: 'sample', table: 'entity' },
    'public.entity',
    'public.entity_sample',
    '*',
  ],
];

for (const [title, changes, targetTable, scopeTable, scopeKey] of cases) {
  t.test(title, async (t) => {
    const request: LoadRequest = {
      load_type: 'full',
      data_set: 'tree',
      path: 's3://b/',
      env: 'development',
      ...changes,
    };
    t.same(decideScope(request, env, config), {
      targetTable,
      scopeTable: scopeTable === '=' ? targetTable : scopeTable,
      scopeKey,
    });
  });
}

t.test('what is refused names the field and the way out', async (t) => {
  const request: LoadRequest = { load_type: 'full', data_set: 'tree', path: 's3://b/', env: 'development' };
  t.throws(() => decideScope({ ...request, table: 'private.tree' }, env, config), {
    code: 'target_schema_not_allowed',
    message: /private.*public, geo/,
    report: { field: 'table', hint: /environments\.development\.target_schemas/ },
  });
  t.throws(() => decideScope({ ...request, table: 'é'.repeat(32) }, env, config), {
    code: 'invalid_request',
    report: { field: 'table' },
  });
});

t.test('a sample table fits into an identifier and is never the target', async (t) => {
  t.equal(nameSampleTable('entity'), 'entity_sample');
  t.equal(nameSampleTable('x'.repeat(56)), `${'x'.repeat(56)}_sample`);
  for (const name of ['x'.repeat(57), 'x'.repeat(63), 'é'.repeat(31), '🌳'.repeat(15)]) {
    const sample = nameSampleTable(name);
    t.ok(Buffer.byteLength(sample) <= 63, sample);
    t.match(sample, /_[0-9a-f]{8}_sample$/);
    t.not(sample, name);
    t.notMatch(sample, /\ufffd/, 'no character is cut in two');
  }
  t.not(nameSampleTable(`${'x'.repeat(62)}a`), nameSampleTable(`${'x'.repeat(62)}b`));
});
