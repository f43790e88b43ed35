import t from 'tap';
import { planFaults } from './plan-faults.js';
import { planLoads } from './plan-loads.js';
import { Random } from './random.js';

const LONG_MS = 900_000;

function plan(seed: number, durationMs: number) {
  const random = new Random(seed);
  return {
    loads: planLoads(random.fork('loads'), durationMs),
    faults: planFaults(random.fork('faults'), durationMs, true),
  };
}

/** As text: comparing thousands of rows one by one takes minutes. */
function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

t.test('a seed gives the same loads and faults again, and another seed others', async (t) => {
  t.ok(isSame(plan(7, 60_000), plan(7, 60_000)));
  t.notOk(isSame(plan(7, 60_000).loads, plan(8, 60_000).loads));
  t.notOk(isSame(plan(7, 60_000).faults, plan(8, 60_000).faults));
});

t.test('a longer soak begins as a shorter one does', async (t) => {
  const short = plan(7, 30_000);
  const long = plan(7, 60_000);
  t.ok(short.loads.length > 0 && short.loads.length < long.loads.length);
  t.ok(isSame(long.loads.slice(0, short.loads.length), short.loads));
  t.ok(isSame(long.faults.slice(0, short.faults.length), short.faults));
});

t.test('every kind of load, flaw and fault comes up', async (t) => {
  const { loads, faults } = plan(1, LONG_MS);
  const flaws = new Set(loads.flatMap(({ flaw }) => flaw ?? []));
  t.same([...flaws].sort(), ['bad_value', 'duplicate_key', 'missing_source', 'missing_table']);
  const kinds = new Set(loads.map(({ kind }) => kind));
  t.same([...kinds].sort(), ['append', 'delta', 'full', 'sample']);
  t.equal(new Set(faults.map(({ kind }) => kind)).size, 23);
  t.ok(loads.some(({ submission }) => submission === 'post_twice'));
  t.ok(loads.some(({ cancelAfterMs }) => cancelAfterMs !== null));
  t.ok(loads.some(({ isMended }) => isMended));
});

t.test('without Redis nothing of Redis is broken', async (t) => {
  const faults = planFaults(new Random(1), LONG_MS, false);
  t.notOk(faults.some(({ kind, place }) => kind === 'restart_redis' || place === 'redis'));
});
