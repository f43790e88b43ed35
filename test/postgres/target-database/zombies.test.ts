import pg from 'pg';
import t from 'tap';
import { applicationName } from '../../../src/postgres/target-database/session.js';
import { endLeftBackends } from '../../../src/postgres/target-database/zombies.js';
import { createTestDatabase } from '../../services/database.js';

const NEVER = new AbortController().signal;

t.test(
  'backends that owners of the load left, up to this one, are gone when the call returns, others stay',
  async (t) => {
    const url = await createTestDatabase(t, { migrated: false });
    const open = async (name: string) => {
      const client = new pg.Client({ connectionString: url, application_name: name });
      client.on('error', () => {});
      await client.connect();
      t.teardown(() => client.end());
    };
    const id = '01a20741-5b1b-724d-a35b-26cba8537f23';
    const names = {
      older: applicationName({ loadId: id, leaseToken: 9 }),
      mine: applicationName({ loadId: id, leaseToken: 10 }),
      newer: applicationName({ loadId: id, leaseToken: 11 }),
      other: applicationName({ loadId: `${id.slice(0, -1)}4`, leaseToken: 1 }),
      stranger: 'copydock/not a load',
    };
    for (const name of Object.values(names)) await open(name);
    const pool = new pg.Pool({ connectionString: url });
    t.teardown(() => pool.end());

    await endLeftBackends(pool, { loadId: id, leaseToken: 10 }, NEVER);

    const { rows } = await pool.query<{ name: string }>(
      `SELECT application_name AS name FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'copydock%'`,
    );
    const { older, mine, ...left } = names;
    t.strictSame(rows.map(({ name }) => name).sort(), Object.values(left).sort());
    t.ok(Buffer.byteLength(older) <= 63 && Buffer.byteLength(mine) <= 63, 'the name is not cut');
  },
);
