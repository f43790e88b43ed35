import t from 'tap';
import { importObject } from '../../../src/postgres/target-database/import-object.js';
import { createTestDatabase, withClient } from '../../services/database.js';

const OPTIONS = { delimiter: ',', quote: '"', escape: '"', nullString: '', encoding: 'UTF8', forceNull: [] };
const PART = { bucket: 'staging', key: 'tmp/part-000000.csv', region: 'eu-west-2', sizeBytes: 12 };
const EXTENSION = `
  CREATE SCHEMA aws_commons; CREATE TYPE aws_commons._s3_uri_1 AS (bucket text, file_path text, region text);
  CREATE FUNCTION aws_commons.create_s3_uri(text, text, text) RETURNS aws_commons._s3_uri_1 LANGUAGE sql AS 'SELECT $1, $2, $3';
  CREATE SCHEMA aws_s3`;

/** What the function does instead of an import, and what becomes of it. */
const CASES: [name: string, body: string, expected: number | { code: string; message?: RegExp }][] = [
  ['the rows of the answer', `RETURN '2 rows imported into relation "place" from file a b of 12 bytes'`, 2],
  ['one row', `RETURN '1 row imported into relation "place" from file part of 12 bytes'`, 1],
  [
    'fewer bytes than were staged',
    `RETURN '2 rows imported into relation "place" from file part of 11 bytes'`,
    {
      code: 'import_failed',
      message: /read 11 bytes of s3:\/\/staging\/tmp\/part-000000\.csv, which has 12/,
    },
  ],
  [
    'an answer of another form',
    `RETURN 'done'`,
    { code: 'import_failed', message: /does not say how many .*done$/ },
  ],
  ['no answer', 'RETURN NULL', { code: 'import_failed' }],
  [
    'an error of S3, whatever its SQLSTATE',
    `RAISE 'HTTP 404' USING ERRCODE = '22023'`,
    { code: 'import_failed', message: /can't import s3:.*: HTTP 404$/ },
  ],
  ['a lock that is not got', `RAISE 'busy' USING ERRCODE = '55P03'`, { code: '55P03' }],
  ['a missing right', `RAISE 'no' USING ERRCODE = '42501'`, { code: '42501' }],
  [
    'a bad record',
    `COPY pg_temp.place FROM PROGRAM 'echo x' WITH (FORMAT csv); RETURN ''`,
    { code: '22P02', message: /invalid input syntax for type integer/ },
  ],
];

t.test('an import answers its rows, or what is wrong', async (t) => {
  const url = await createTestDatabase(t, { migrated: false });
  await withClient(url, async (client) => {
    await client.query(EXTENSION);
    await client.query('CREATE TEMP TABLE place (id int)');
    for (const [name, body, expected] of CASES) {
      await client.query(
        `CREATE OR REPLACE FUNCTION aws_s3.table_import_from_s3(text, text, text, aws_commons._s3_uri_1) RETURNS text
           LANGUAGE plpgsql AS $$ BEGIN ${body}; END $$`,
      );
      const imported = importObject(client, { table: 'place', columns: ['id'], options: OPTIONS }, PART);
      if (typeof expected === 'number') t.equal(await imported, expected, name);
      else await t.rejects(imported, expected, name);
    }
  });
});

t.test('table, columns, options and object reach the function as they are', async (t) => {
  const url = await createTestDatabase(t, { migrated: false });
  await withClient(url, async (client) => {
    await client.query(EXTENSION);
    await client.query('CREATE TABLE calls (arguments text[])');
    await client.query(
      `CREATE FUNCTION aws_s3.table_import_from_s3(text, text, text, s3 aws_commons._s3_uri_1) RETURNS text LANGUAGE sql
         AS $$ INSERT INTO calls VALUES (ARRAY[$1, $2, $3, s3.bucket, s3.file_path, s3.region]);
               SELECT '0 rows imported into relation "x" from file y of 12 bytes' $$`,
    );
    await importObject(
      client,
      { table: '"copydock"."staging"', columns: ['id', 'a "b"'], options: { ...OPTIONS, forceNull: ['id'] } },
      PART,
    );
    t.strictSame((await client.query('SELECT arguments FROM calls')).rows, [
      {
        arguments: [
          '"copydock"."staging"',
          '"id", "a ""b"""',
          `(FORMAT csv, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULL '', ENCODING 'UTF8', FORCE_NULL ("id"))`,
          'staging',
          'tmp/part-000000.csv',
          'eu-west-2',
        ],
      },
    ]);
  });
});
