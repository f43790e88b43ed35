import t from 'tap';
import { CopydockError } from '../../../src/loads/errors.js';
import {
  type ClaimedLoad,
  claimLoad,
  releaseFailed,
  releaseWaiting,
} from '../../../src/postgres/control-database/claims.js';
import { connectControl } from '../../../src/postgres/control-database/connection.js';
import { finishLoad, wakeSuccessors } from '../../../src/postgres/control-database/finish.js';
import { acceptedLoad, createControlDatabase } from './control-database.js';

const SUCCEEDED = { status: 'succeeded', receipt: null, error: null } as const;

t.test(
  'the end of a load wakes those that wait for their turn, not those that wait out a fault',
  async (t) => {
    const { pool, store } = await createControlDatabase(t);
    const control = connectControl(pool);
    const claimNew = async (): Promise<ClaimedLoad> => {
      const { load } = await store.accept(acceptedLoad());
      const claimed = await claimLoad(control, load.id, 'worker', 15_000);
      if (claimed === null) throw new Error('not claimed');
      return claimed;
    };
    const [first, waiting, faulty] = [await claimNew(), await claimNew(), await claimNew()];
    await releaseWaiting(control, waiting, { reason: 'earlier_load', detail: 'the first' }, 5_000);
    const { report } = new CopydockError('s3_unavailable', 'S3 is away.');
    await releaseFailed(control, faulty, report, { reason: 'retry', detail: 'next try in 30 s' }, 30_000);

    t.ok(await finishLoad(control, first, { from: 'queued', ...SUCCEEDED }));
    t.same(
      (await wakeSuccessors(control, first)).map(({ id }) => id),
      [waiting.id],
    );
  },
);

t.test('a load that has moved on unseen is not ended', async (t) => {
  const { pool, store } = await createControlDatabase(t);
  const control = connectControl(pool);
  const { load } = await store.accept(acceptedLoad());
  const claimed = await claimLoad(control, load.id, 'worker', 15_000);
  if (claimed === null) throw new Error('not claimed');
  await pool.query(`UPDATE copydock.loads SET status = 'committing' WHERE id = $1`, [load.id]);
  t.notOk(await finishLoad(control, claimed, { from: 'copying', ...SUCCEEDED, status: 'failed' }));
  t.match(await store.get(load.id), { status: 'committing', finished_at: null });
  t.ok(await finishLoad(control, claimed, { from: 'committing', ...SUCCEEDED }));
  t.match(await store.get(load.id), { status: 'succeeded', cleanup: { status: 'done' } });
});
