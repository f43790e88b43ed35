import t from 'tap';
import { parseLoadRequest, RequestError } from '../../src/loads/request.js';

const valid = {
  load_type: 'full',
  data_set: 'transport-access-node',
  path: 's3://development-source/transport-access-node/',
  env: 'development',
} as const;

function problemsOf(body: unknown) {
  try {
    parseLoadRequest(body);
  } catch (error) {
    if (error instanceof RequestError) return error.problems;
    throw error;
  }
  throw new Error('the request was accepted');
}

t.test('a request with its four required fields is accepted as it is', async (t) => {
  t.same(parseLoadRequest(valid), { request: valid, absentFields: [] });
});

t.test('every optional field is accepted', async (t) => {
  const request = {
    ...valid,
    load_type: 'delta',
    s3_bucket: 'my-staging-bucket',
    table: 'public.entity',
    format: 'csv',
    csv: { delimiter: '|', quote: "'", escape: '\\', null_string: '', header: true, encoding: 'LATIN1' },
    disposition: 'append',
    duplicates: 'last',
    on_error: 'abort',
    require_marker: '_DONE',
    expected_objects: 3,
    expected_rows: 0,
    allow_empty: true,
    allow_shrink: false,
    create_table: true,
    commit_strategy: 'append',
    unknown_columns: 'fail',
    timeout_s: 604_800,
    labels: { dag_id: 'collection', note: '' },
  };
  t.same(parseLoadRequest(request), { request, absentFields: [] });
});

t.test('load_type incremental becomes delta', async (t) => {
  t.equal(parseLoadRequest({ ...valid, load_type: 'incremental' }).request.load_type, 'delta');
});

t.test('null, "" and "None" of an optional field count as absent and are reported', async (t) => {
  const body = { ...valid, s3_bucket: 'None', table: '', timeout_s: null, max_rejects: null };
  const { request, absentFields } = parseLoadRequest(body);
  t.same(request, valid);
  t.same(absentFields, ['s3_bucket', 'table', 'timeout_s', 'max_rejects']);
});

t.test('within csv and labels only null counts as absent', async (t) => {
  const body = { ...valid, csv: { null_string: '', quote: null }, labels: { run_id: null, dag_id: 'None' } };
  const { request, absentFields } = parseLoadRequest(body);
  t.same(request, { ...valid, csv: { null_string: '' }, labels: { dag_id: 'None' } });
  t.same(absentFields, ['csv.quote', 'labels.run_id']);
});

t.test('an empty required field is not absent but wrong', async (t) => {
  for (const field of ['load_type', 'data_set', 'path', 'env']) {
    for (const value of [null, '']) t.match(problemsOf({ ...valid, [field]: value }), [{ field }]);
  }
});

t.test('each wrong body is refused with the field, the reason and the way out', async (t) => {
  const cases: [change: object, code: string, field: string, text: RegExp][] = [
    [{ s3_buket: 'b' }, 'invalid_request', 's3_buket', /not a known field.*Did you mean s3_bucket\?/],
    [{ dataSet: 'b' }, 'invalid_request', 'dataSet', /Did you mean data_set\?/],
    [{ zzzzzz: 1 }, 'invalid_request', 'zzzzzz', /Known fields: load_type, data_set/],
    [{ csv: { delimeter: '|' } }, 'invalid_request', 'csv.delimeter', /Did you mean csv.delimiter\?/],
    [{ env: undefined }, 'invalid_request', 'env', /env is required/],
    [{ env: 5 }, 'invalid_request', 'env', /must be a string; got the number 5/],
    [
      { timeout_s: '5' },
      'invalid_request',
      'timeout_s',
      /must be an integer; got the string "5".*without quotes/,
    ],
    [{ timeout_s: 1.5 }, 'invalid_request', 'timeout_s', /must be an integer; got the number 1.5/],
    [{ timeout_s: 0 }, 'invalid_request', 'timeout_s', /at least 1; got the number 0/],
    [{ timeout_s: 604_801 }, 'invalid_request', 'timeout_s', /at most 604800/],
    [{ allow_empty: 'true' }, 'invalid_request', 'allow_empty', /must be a boolean.*without quotes/],
    [{ allow_empty: 1 }, 'invalid_request', 'allow_empty', /must be a boolean; got the number 1/],
    [{ csv: '|' }, 'invalid_request', 'csv', /must be an object; got the string/],
    [{ csv: ['|'] }, 'invalid_request', 'csv', /must be an object; got an array/],
    [{ load_type: 'ful' }, 'invalid_request', 'load_type', /one of full, delta.*Did you mean full\?/],
    [{ data_set: 'Transport Node' }, 'invalid_request', 'data_set', /a-z, digits and dashes/],
    [{ data_set: 'a'.repeat(64) }, 'invalid_request', 'data_set', /up to 63/],
    [{ path: '/data/x.csv' }, 'invalid_request', 'path', /s3:\/\/bucket/],
    [{ s3_bucket: 's3://b/x' }, 'invalid_request', 's3_bucket', /without s3:\/\//],
    [{ table: 'a.b.c' }, 'invalid_request', 'table', /schema\.table/],
    [{ table: 'a;drop' }, 'invalid_request', 'table', /letters, digits/],
    [{ table: 'a'.repeat(64) }, 'invalid_request', 'table', /63/],
    [{ csv: { delimiter: '||' } }, 'invalid_request', 'csv.delimiter', /exactly one ASCII character/],
    [{ csv: { delimiter: 'é' } }, 'invalid_request', 'csv.delimiter', /exactly one ASCII character/],
    [{ csv: { quote: '\n' } }, 'invalid_request', 'csv.quote', /not a line break/],
    [{ csv: { delimiter: '"', quote: '"' } }, 'invalid_request', 'csv.delimiter', /must differ/],
    [{ csv: { delimiter: '|', null_string: '|' } }, 'invalid_request', 'csv.null_string', /must not hold/],
    [{ csv: { header: true, columns: ['a'] } }, 'invalid_request', 'csv.columns', /without a header/],
    [{ csv: { columns: ['a', 'a'] } }, 'invalid_request', 'csv.columns', /twice/],
    [{ labels: { a: 1 } }, 'invalid_request', 'labels.a', /must be a string; got the number 1/],
    [{ labels: { a: 'x'.repeat(257) } }, 'invalid_request', 'labels.a', /up to 256/],
    [{ labels: numbered(21) }, 'invalid_request', 'labels', /up to 20 names.*got 21 names/],
    [{ disposition: 'append' }, 'invalid_request', 'disposition', /for delta loads.*set load_type to delta/],
    [{ sample_rows: 10 }, 'invalid_request', 'sample_rows', /for sample loads/],
    [{ load_type: 'sample', sample_rows: 1_000_001 }, 'invalid_request', 'sample_rows', /at most 1000000/],
    [{ require_marker: 'True' }, 'invalid_request', 'require_marker', /without quotes/],
    [{ require_marker: 'a/b' }, 'invalid_request', 'require_marker', /without a path/],
    [{ on_error: 'ignore' }, 'invalid_request', 'on_error', /one of abort, skip/],
    [{ max_rejects: 10 }, 'invalid_request', 'max_rejects', /for on_error: skip.*Set on_error to skip/],
    [{ on_error: 'skip', max_rejects: '10' }, 'invalid_request', 'max_rejects', /percentage such as "5%"/],
    [{ on_error: 'skip', max_rejects: '101%' }, 'invalid_request', 'max_rejects', /percentage/],
    [{ on_error: 'skip', max_rejects: -1 }, 'invalid_request', 'max_rejects', /at least 0/],
    [{ on_error: 'skip', max_rejects: 1.5 }, 'invalid_request', 'max_rejects', /integer/],
    [
      { on_error: 'skip', commit_strategy: 'direct' },
      'invalid_request',
      'commit_strategy',
      /can leave no record out.*Leave commit_strategy out/,
    ],
    [
      { load_type: 'sample', validate_only: true },
      'invalid_request',
      'validate_only',
      /never touches the target/,
    ],
    [{ format: 'xlsx' }, 'invalid_request', 'format', /parquet/],
    [{ commit_strategy: 'magic' }, 'invalid_request', 'commit_strategy', /one of direct/],
    [{ path: 's3://{BUCKET}/x' }, 'unrendered_template', 'path', /\{BUCKET\}/],
    [{ s3_bucket: '{{ var.value.bucket }}' }, 'unrendered_template', 's3_bucket', /var\.value\.bucket/],
    [{ labels: { run: 'x {{ run_id }}' } }, 'unrendered_template', 'labels.run', /run_id/],
    [{ timeout_s: '{{ params.t }}' }, 'unrendered_template', 'timeout_s', /not rendered/],
  ];
  for (const [change, code, field, text] of cases) {
    const problems = problemsOf({ ...valid, ...change });
    t.equal(problems.length, 1, JSON.stringify(change));
    t.match(problems[0], { code, field });
    t.match(`${problems[0]?.detail} ${problems[0]?.hint ?? ''}`, text);
    t.notMatch(problems[0]?.detail, /\n/, 'one line');
  }
});

t.test('braces that are no template are accepted', async (t) => {
  const request = { ...valid, path: 's3://b/{a,b}/*.csv', labels: { run: 'a { b', other: '{"k": 1}' } };
  for (const csv of [{ delimiter: '{' }, { null_string: '{NULL}' }]) {
    t.same(parseLoadRequest({ ...request, csv }).request, { ...request, csv });
  }
});

t.test('all problems of a body are listed, each field once', async (t) => {
  const problems = problemsOf({ load_type: 'full', data_set: 'A', path: '{X}', evn: 'development' });
  t.same(problems.map(({ field }) => field).sort(), ['data_set', 'env', 'evn', 'path']);
});

t.test('the first problem is what the error says', async (t) => {
  const error = t.throws(() => parseLoadRequest({ ...valid, env: 1 })) as RequestError;
  t.match(error, {
    code: 'invalid_request',
    status: 400,
    report: { field: 'env', detail: /env must be a string/ },
  });
});

t.test('a body that is no object is refused', async (t) => {
  t.match(problemsOf(undefined), [{ detail: /empty/, hint: /json\.dumps/ }]);
  t.match(problemsOf([valid]), [{ detail: /got an array/ }]);
  t.match(problemsOf(null), [{ detail: /got null/ }]);
  t.match(problemsOf(JSON.stringify(valid)), [{ hint: /encoded twice/ }]);
});

t.test('a field named __proto__ is unknown like any other', async (t) => {
  const body = JSON.parse(`{"__proto__": {"env": "x"}, ${JSON.stringify(valid).slice(1)}`);
  t.match(problemsOf(body), [{ field: '__proto__' }]);
});

function numbered(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`label_${i}`, 'x']));
}

t.test('text that PostgreSQL cannot store is refused by its field', async (t) => {
  const bad = ['a\0b', 'half of \ud83d'];
  for (const text of bad) {
    t.match(problemsOf({ ...valid, labels: { run_id: text } }), [
      { code: 'invalid_request', field: 'labels' },
    ]);
    t.match(problemsOf({ ...valid, labels: { [text]: 'x' } }), [
      { code: 'invalid_request', field: 'labels' },
    ]);
    t.match(problemsOf({ ...valid, path: `s3://bucket/${text}` }), [
      { code: 'invalid_request', field: 'path' },
    ]);
    t.match(problemsOf({ ...valid, csv: { header: false, columns: [text] } }), [{ field: 'csv' }]);
  }
  t.same(parseLoadRequest({ ...valid, labels: { run_id: 'whole 😀' } }).request.labels, {
    run_id: 'whole 😀',
  });
});
