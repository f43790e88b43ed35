import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import t from 'tap';
import { compressPageImages } from '../../../src/postgres/target-database/compress-page-images.js';
import { createTestDatabase, withClient } from '../../services/database.js';

async function compressionAfter(
  client: pg.ClientBase,
  begin: string,
  prefer: 'time' | 'wal' = 'wal',
): Promise<unknown> {
  await client.query(begin);
  await compressPageImages(client, prefer);
  const { rows } = await client.query('SHOW wal_compression');
  await client.query('ROLLBACK');
  return rows[0]?.wal_compression;
}

t.test('page images are compressed for one transaction, where the role may say so', async (t) => {
  const url = await createTestDatabase(t, { migrated: false });
  const role = `loader_${randomBytes(4).toString('hex')}`;
  await withClient(url, async (client) => {
    await client.query(`CREATE ROLE ${role}`);
    const asLoader = `BEGIN; SET LOCAL ROLE ${role}`;
    t.equal(await compressionAfter(client, asLoader), 'off', 'a role without the right');
    await client.query(`GRANT SET ON PARAMETER wal_compression TO ${role}`);
    t.match(await compressionAfter(client, asLoader), /^(lz4|pglz)$/, 'a role that was given it');
    t.match(await compressionAfter(client, 'BEGIN'), /^(lz4|pglz)$/, 'a superuser');
    const { rows } = await client.query(
      `SELECT 'lz4' = ANY (enumvals) AS "hasLz4" FROM pg_settings WHERE name = 'wal_compression'`,
    );
    const quick = rows[0].hasLz4 ? 'lz4' : 'off';
    t.equal(await compressionAfter(client, 'BEGIN', 'time'), quick, 'by lz4 alone where time is to be saved');
    t.match((await client.query('SHOW wal_compression')).rows, [{ wal_compression: 'off' }]);
    t.equal(
      await compressionAfter(client, `BEGIN; SET LOCAL wal_compression = 'on'`),
      'pglz',
      'what the server does already stays as it is',
    );
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
});
