import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { findObstacle } from '../../../../src/postgres/target-database/exchange/obstacles.js';
import { createDatabases } from '../../../../src/start/embedded/databases.js';
import { startEmbeddedPostgres } from '../../../../src/start/embedded/postgres.js';
import { withClient } from '../../../services/database.js';

t.test(
  'a slot that decodes the database keeps its tables from being replaced, one of another database does not',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'copydock-slot-'));
    await chmod(folder, 0o711);
    const settings = { wal_level: 'logical', fsync: 'off' };
    const server = await startEmbeddedPostgres({
      dataDir: join(folder, 'target'),
      persistent: false,
      settings,
    });
    t.teardown(async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    });
    const [mine, other] = await createDatabases(server.url, ['mine', 'other'] as const);
    const createSlot = (url: string, name: string) =>
      withClient(url, (client) =>
        client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [name]),
      );
    await withClient(mine, async (client) => {
      await client.query('CREATE TABLE item (id int PRIMARY KEY)');
      const { rows } = await client.query<{ oid: number }>(`SELECT 'item'::regclass::oid AS oid`);
      const find = () => findObstacle(client, rows[0]?.oid ?? 0);
      await createSlot(other, 'elsewhere');
      await client.query(`SELECT pg_create_physical_replication_slot('standby')`);
      t.equal(await find(), null);
      await createSlot(mine, 'here');
      t.equal(await find(), 'logical replication slot here decodes this database');
      await client.query(`SELECT pg_drop_replication_slot('here')`);
      t.equal(await find(), null);
    });
  },
);
