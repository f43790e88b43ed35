import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import t, { type Test } from 'tap';
import { LoadRun } from '../../../src/worker/load-run.js';
import type { StepMessage } from '../../../src/worker/steps.js';
import { type Stack, startStack } from '../stack.js';

t.setTimeout(240_000);

/** What a crash of the server leaves of UNLOGGED tables. */
async function emptyUnlogged(stack: Stack): Promise<number> {
  const tables = await stack.sql(`SELECT oid::regclass::text AS name FROM pg_class
     WHERE relnamespace = 'copydock'::regnamespace AND relkind = 'r' AND relpersistence = 'u'`);
  if (tables.length > 0) await stack.sql(`TRUNCATE ${tables.map(({ name }) => name).join(', ')}`);
  return tables.length;
}

/** Runs `strike` once, after the nth transaction of the target since the step to committing. */
function afterTransaction(t: Test, nth: number, strike: () => Promise<void>): void {
  const { inTarget } = LoadRun.prototype;
  let count = Number.POSITIVE_INFINITY;
  const begin = (message: unknown) => {
    if ((message as StepMessage).step === 'committing' && count > nth) count = 0;
  };
  subscribe('copydock:step', begin);
  LoadRun.prototype.inTarget = async function (this: LoadRun, ...work: Parameters<typeof inTarget>) {
    const result = await inTarget.apply(this, work);
    count += 1;
    if (count === nth) await strike();
    return result;
  } as typeof inTarget;
  t.teardown(() => {
    unsubscribe('copydock:step', begin);
    LoadRun.prototype.inTarget = inTarget;
  });
}

t.test(
  'a crash between any two transactions of the commit loses no row and tells no wrong figure',
  async (t) => {
    const stack = await startStack(t, {
      backend: 'redis',
      role: 'superuser',
      worker: { partSizeBytes: 32, bufferBytes: 512 },
    });
    await stack.put('item.csv', 'id,note\n1,first\n2,b\n1,last\nbad,x\n3,c\n4,d\n');
    const request = {
      load_type: 'full',
      data_set: 'item',
      path: `s3://${stack.source}/item.csv`,
      commit_strategy: 'swap',
      duplicates: 'last',
      on_error: 'skip',
      max_rejects: 1,
      allow_empty: true,
      allow_shrink: true,
    };
    let refilled = 0;
    for (let nth = 1; nth <= 7; nth += 1) {
      await t.test(`after transaction ${nth}`, async (t) => {
        await stack.sql(`DROP TABLE IF EXISTS item; CREATE TABLE item (id int PRIMARY KEY, note text);
        INSERT INTO item VALUES (7, 'old'), (8, 'old')`);
        let emptied = 0;
        afterTransaction(t, nth, async () => {
          emptied = await emptyUnlogged(stack);
        });
        const load = await stack.load(request);
        t.match(
          load,
          {
            status: 'succeeded',
            commit_plan: { strategy: 'swap' },
            receipt: {
              read: 6,
              loaded: 4,
              rejected: 1,
              deduplicated: 1,
              filtered: 0,
              inserted: 4,
              deleted: 2,
            },
          },
          JSON.stringify(load.error),
        );
        t.ok(emptied > 0, 'there was something to lose');
        t.strictSame(await stack.sql('SELECT id, note FROM item ORDER BY id'), [
          { id: 1, note: 'last' },
          { id: 2, note: 'b' },
          { id: 3, note: 'c' },
          { id: 4, note: 'd' },
        ]);
        const logs = await stack.get(`/v1/loads/${load.id}/logs`);
        if (/its parts are copied again/.test(JSON.stringify(logs))) refilled += 1;
      });
    }
    t.ok(refilled > 0, 'the loss was noticed');
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  },
);
