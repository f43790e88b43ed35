import type pg from 'pg';
import t, { type Test } from 'tap';
import { textColumn } from '../../../src/postgres/target-database/geometry.js';
import type { StagingTable } from '../../../src/postgres/target-database/staging-columns.js';
import {
  countStaged,
  createStaging,
  dropStaging,
  enterPart,
  readLedger,
} from '../../../src/postgres/target-database/staging-table.js';
import { createTestDatabase, withClient } from '../../services/database.js';

const STAGING = 'staging_place_1';
const GEOMETRY = { kind: 'geometry', schema: 'gis', shape: null } as const;
/** Of PostGIS, what a converter calls; a shape is its text, and one that was converted is marked by brackets. */
const GIS = `CREATE SCHEMA gis;
  CREATE DOMAIN gis.geometry AS text;
  CREATE FUNCTION gis.ST_GeomFromGeoJSON(text) RETURNS gis.geometry LANGUAGE sql RETURN '[' || $1 || ']';
  CREATE FUNCTION gis.GeometryType(gis.geometry) RETURNS text LANGUAGE sql RETURN 'POINT';
  CREATE FUNCTION gis.ST_IsValid(gis.geometry) RETURNS boolean LANGUAGE sql RETURN true;`;

const ID = { name: 'id', type: 'integer', isNotNull: false };
const AREA = { name: 'area', type: 'gis.geometry', isNotNull: false };
const PLANNED: StagingTable = {
  name: STAGING,
  columns: [ID, { ...AREA, geometry: GEOMETRY }],
  hasPosition: false,
  keepsRejects: false,
};

async function withStaging(t: Test, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const url = await createTestDatabase(t, { migrated: true });
  await withClient(url, async (client) => {
    await client.query(GIS);
    await createStaging(client, PLANNED);
    await use(client);
  });
}

async function countConverters(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_proc WHERE starts_with(proname, '${STAGING}_geometry')`,
  );
  return rows[0]?.count ?? 0;
}

t.test('what a worker of the version before copies into the column itself stays', async (t) => {
  await withStaging(t, async (client) => {
    await client.query(
      `INSERT INTO copydock.${STAGING} (id, ${textColumn(1)}) VALUES (1, '{new}'), (2, NULL)`,
    );
    await client.query(`INSERT INTO copydock.${STAGING} (id, area) VALUES (3, 'old'), (4, NULL)`);
    const { rows } = await client.query(
      `SELECT area, ${textColumn(1)} AS text FROM copydock.${STAGING} ORDER BY id`,
    );
    t.strictSame(rows, [
      { area: '[{new}]', text: null },
      { area: null, text: null },
      { area: 'old', text: null },
      { area: null, text: null },
    ]);
  });
});

t.test(
  'converters go with the staging table, and where a worker of the version before has dropped it',
  async (t) => {
    await withStaging(t, async (client) => {
      t.equal(await countConverters(client), 2);
      t.equal(await dropStaging(client, STAGING), true);
      t.equal(await countConverters(client), 0);
    });
    await withStaging(t, async (client) => {
      await client.query(`DROP TABLE copydock.${STAGING}, copydock.${STAGING}_ledger`);
      t.equal(await countConverters(client), 2);
      t.equal(await dropStaging(client, STAGING), true);
      t.equal(await countConverters(client), 0);
      t.equal(await dropStaging(client, STAGING), false, 'nothing is left');
    });
  },
);

t.test('a staging table that an older worker made without a conversion is made anew, empty', async (t) => {
  await withStaging(t, async (client) => {
    await dropStaging(client, STAGING);
    await createStaging(client, { ...PLANNED, columns: [ID, AREA] });
    await client.query(`INSERT INTO copydock.${STAGING} VALUES (1, 'old')`);
    await enterPart(client, STAGING, { part: 1, records: 1, excluded: 0, rejected: 0 });

    await createStaging(client, PLANNED);
    t.strictSame([await countStaged(client, STAGING), await readLedger(client, STAGING)], [0, new Map()]);
    await client.query(`INSERT INTO copydock.${STAGING} (id, ${textColumn(1)}) VALUES (1, '{new}')`);
    await enterPart(client, STAGING, { part: 1, records: 1, excluded: 0, rejected: 0 });

    await createStaging(client, PLANNED);
    t.equal(await countStaged(client, STAGING), 1, 'a table of this version is left as it is');
  });
});
