import t from 'tap';
import { closingLine, findFailures, findFault, findSlowest, readTotals } from './totals.js';

const RAW = ['TAP version 14', '# Subtest: a', '    # { total: 1, pass: 1 }', 'ok 1 - a'].join('\n');

t.test('totals are read from the last line that tap closes with', async (t) => {
  const totals = readTotals(
    `${RAW}\n# { total: 6, pass: 2, fail: 1, todo: 1, skip: 2 }\n# time=6735.034ms\n`,
  );
  t.same(totals, { total: 6, pass: 2, fail: 1, skip: 2, todo: 1 });
  t.equal(readTotals(RAW), null);
});

t.test('a run is good only if tests ran, none failed, none was skipped and tap says so', async (t) => {
  const good = { total: 3, pass: 3, fail: 0, skip: 0, todo: 0 };
  t.equal(findFault(good, 0), null);
  t.match(findFault(good, 1), /exit code 1/);
  t.match(findFault({ ...good, fail: 1 }, 1), /1 failed/);
  t.match(findFault({ ...good, skip: 1 }, 0), /1 skipped/);
  t.match(findFault({ ...good, todo: 1 }, 0), /1 todo/);
  t.match(findFault({ ...good, total: 0, pass: 0 }, 0), /no test ran/);
  t.match(findFault(null, 0), /broke off/);
});

t.test('the closing line counts a fault that tap did not count', async (t) => {
  const totals = { total: 3, pass: 3, fail: 0, skip: 0, todo: 0 };
  t.equal(closingLine(totals, null), '3 passed, 0 failed');
  t.equal(closingLine({ ...totals, pass: 1, fail: 2 }, '2 failed'), '1 passed, 2 failed');
  t.equal(closingLine(totals, 'exit code 1'), '3 passed, 1 failed');
  t.equal(closingLine(null, 'broke off'), '0 passed, 1 failed');
});

t.test('each failure is found once, with its details', async (t) => {
  const block = ['    not ok 2 - should match', '      ---', '      diff: here', '      ...'];
  const output = ['ok 1 - fine', ...block, '    ok 3', ...block, '# { total: 3, pass: 2, fail: 1 }'].join(
    '\n',
  );
  t.equal(findFailures(output), block.join('\n'));
  t.equal(findFailures('ok 1 - fine'), '');
});

t.test('the slowest files of a run', async (t) => {
  const output = `ok 1 - test/a.test.ts # time=20.5ms
    ok 1 - a subtest # time=9999.5ms
not ok 2 - test/b.test.ts # time=1500.25ms
ok 3 - test/c.test.ts # time=300ms`;
  t.strictSame(findSlowest(output, 2), ['1.5 s test/b.test.ts', '0.3 s test/c.test.ts']);
});
