import t from 'tap';
import { readLoadOptions } from '../../src/cli/load-options.js';
import { UsageError } from '../../src/cli/usage-error.js';

const REQUIRED = [
  '--load_type',
  'full',
  '--data_set',
  'entity',
  '--path',
  's3://b/c/',
  '--env',
  'development',
];
const body = (...args: string[]) => readLoadOptions([...REQUIRED, ...args]).body;

t.test('options are the fields of the request, with dashes or underscores', async (t) => {
  t.match(body('--s3-bucket', 'my-staging-bucket', '--expected-rows=3', '--on_error', 'abort'), {
    load_type: 'full',
    path: 's3://b/c/',
    s3_bucket: 'my-staging-bucket',
    expected_rows: 3,
    on_error: 'abort',
  });
});

t.test('flags take true, false or nothing', async (t) => {
  t.equal(body('--allow_empty').allow_empty, true);
  t.equal(body('--allow-empty', 'true', '--table', 'x').allow_empty, true);
  t.equal(body('--allow_empty=false').allow_empty, false);
  t.equal(body('--allow_empty', 'false').allow_empty, false);
  t.equal(body('--no-allow-empty').allow_empty, false);
  t.equal(body().allow_empty, undefined);
});

t.test('csv and labels are written by name or as JSON', async (t) => {
  t.strictSame(body('--csv.delimiter', '|', '--csv.header=false', '--csv.columns', 'a,b').csv, {
    delimiter: '|',
    header: false,
    columns: ['a', 'b'],
  });
  t.strictSame(body('--csv', '{"delimiter": ";"}', '--csv.null-string', 'NULL').csv, {
    delimiter: ';',
    null_string: 'NULL',
  });
  t.strictSame(body('--labels.dag_id', 'a', '--labels.run-id=7').labels, { dag_id: 'a', 'run-id': '7' });
});

t.test('require_marker is a flag or a name', async (t) => {
  t.equal(body('--require_marker', 'true').require_marker, true);
  t.equal(body('--require_marker', '_DONE').require_marker, '_DONE');
});

t.test('what is no number stays as it was written, for the request check to refuse', async (t) => {
  t.equal(body('--expected_rows', 'many').expected_rows, 'many');
});

t.test('a field that takes a number or text gets the number where it is one', async (t) => {
  t.equal(body('--max_rejects', '5').max_rejects, 5);
  t.equal(body('--max_rejects', '5%').max_rejects, '5%');
});

t.test('--json and --verbose are no fields', async (t) => {
  const line = readLoadOptions([...REQUIRED, '--json', '--verbose']);
  t.match(line, { isJson: true, isVerbose: true });
  t.notOk('json' in line.body);
});

t.test('a required field that is missing is bad usage', async (t) => {
  t.throws(() => readLoadOptions(REQUIRED.slice(0, 6)), UsageError);
});
