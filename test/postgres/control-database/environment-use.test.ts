import t from 'tap';
import { acceptedLoad, changeLoad, createControlDatabase, LEASED } from './control-database.js';

const { pool, store } = await createControlDatabase(t);

t.test('an environment is served by workers seen within 15 s and by live leases', async (t) => {
  t.same(await store.environmentUse(), new Map());
  await pool.query(
    `INSERT INTO copydock.workers (id, environments, last_seen_at) VALUES
       ('alive', '{development,staging}', now() - interval '14 s'),
       ('other', '{staging}', now()),
       ('dead', '{production}', now() - interval '16 s')`,
  );
  t.same(
    await store.environmentUse(),
    new Map([
      ['development', { activeLoads: 0 }],
      ['staging', { activeLoads: 0 }],
    ]),
  );
  const accepted = acceptedLoad();
  await store.accept({ ...accepted, request: { ...accepted.request, env: 'local' } });
  t.notOk((await store.environmentUse()).has('local'));
  await changeLoad(pool, accepted.id, LEASED);
  t.same((await store.environmentUse()).get('local'), { activeLoads: 1 });
});
