import t from 'tap';
import { strategyOf } from './cell.js';
import * as connections from './cells/connections.js';
import * as disk from './cells/disk.js';
import * as processes from './cells/process.js';
import * as s3 from './cells/s3.js';
import * as servers from './cells/servers.js';
import { SMOKE } from './cells/smoke.js';
import { formatReport } from './format-report.js';
import { LEFT_OUT } from './left-out.js';
import type { PlayedCell } from './results.js';

const REDIS = [connections, disk, processes, s3, servers].flatMap((module) => Object.values(module).flat());

function played(ok: boolean): PlayedCell[] {
  const on = (backend: 'redis' | 'postgres') => (cell: (typeof REDIS)[number]) => ({
    ...cell,
    strategy: strategyOf(cell),
    backend,
    ok,
    seconds: 1,
  });
  return [...REDIS.map(on('redis')), ...SMOKE.map(on('postgres'))];
}

t.test('each fault is played at each moment, or left out for a reason', async (t) => {
  const report = formatReport({ cells: played(true), recoveries: [] }, { isWhole: true, seconds: 60 });
  t.match(report, /\| worker killed \(kill -9\) \| succeeded \|/);
  t.notMatch(report, /broken\*\*/);
  const both = LEFT_OUT.filter(({ fault, moments }) =>
    REDIS.some((cell) => cell.fault === fault && moments.includes(cell.moment)),
  );
  t.same(both, [], 'nothing is both');
  t.throws(
    () =>
      formatReport(
        { cells: played(true).filter(({ fault }) => fault !== 'kill'), recoveries: [] },
        { isWhole: true, seconds: 60 },
      ),
    /kill at accepted is neither played nor left out/,
  );
});

t.test('a cell whose test failed is shown as broken', async (t) => {
  const report = formatReport({ cells: played(false), recoveries: [] }, { isWhole: true, seconds: 60 });
  t.match(report, /\| worker killed \(kill -9\) \| \*\*broken\*\* \|/);
});
