import { readdir, readFile } from 'node:fs/promises';
import t from 'tap';
import { MIGRATIONS_DIR } from '../../src/postgres/pending-migrations.js';

const NAME = /^(\d{4})_(contract_)?[a-z][a-z0-9_]*\.sql$/;
/** What the older version, which runs meanwhile, would meet; `contract_` in a file's name allows the first ones. */
const TAKES_AWAY: [what: string, found: RegExp][] = [
  [
    'drops what the older version uses',
    /\bDROP\s+(TABLE|COLUMN|VIEW|FUNCTION|TRIGGER|TYPE|SEQUENCE|SCHEMA)\b/i,
  ],
  ['drops a column', /\bALTER\s+TABLE\b.*\bDROP\s+(?!CONSTRAINT|DEFAULT|NOT\s+NULL|EXPRESSION|IDENTITY)/i],
  ['renames', /\bRENAME\b/i],
  ['changes the type of a column', /\bALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE\b/i],
  ['forbids NULL, which the older version may write', /\bSET\s+NOT\s+NULL\b/i],
  ['takes a default away, on which the older version may rely', /\bDROP\s+DEFAULT\b/i],
  [
    'adds a rule that the older version may break',
    /\bALTER\s+TABLE\b.*\bADD\s+(CONSTRAINT|CHECK|UNIQUE|FOREIGN|PRIMARY|EXCLUDE)\b/i,
  ],
  ['makes a unique index, which the older version may break', /\bCREATE\s+UNIQUE\s+INDEX\b.*\bON\s/i],
  ['removes rows', /^\s*(DELETE|TRUNCATE)\b/i],
];
const NEVER: [what: string, found: RegExp][] = [
  [
    'rewrites a table while it is locked',
    /\bADD\s+(COLUMN\s+)?.*\bDEFAULT\s+\(?(clock_timestamp|gen_random_uuid|random|nextval)\b/i,
  ],
  ['takes long locks', /\b(VACUUM\s+FULL|CLUSTER|LOCK\s+TABLE|REINDEX)\b/i],
  ['ends the transaction of the migrations', /^\s*(COMMIT|ROLLBACK|BEGIN)\b|\bCONCURRENTLY\b/i],
];

/** The statements of a migration without comments and without the bodies of functions. */
function splitStatements(sql: string): string[] {
  return sql
    .replace(/--.*$/gm, '')
    .replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
    .split(';')
    .map((statement) => statement.replace(/\s+/g, ' ').trim())
    .filter((statement) => statement !== '');
}

/** What of a migration an older version can't live with. */
function findFaults(name: string, sql: string): string[] {
  const statements = splitStatements(sql);
  const made = new Set(sql.match(/(?<=CREATE TABLE )[\w.]+/gi) ?? []);
  const rules = name.includes('_contract_') ? NEVER : [...TAKES_AWAY, ...NEVER];
  const broken = statements.flatMap((statement) =>
    rules
      .filter(([, found]) => found.test(statement))
      .filter(() => !concernsOnly(statement, made))
      .map(([what]) => `${name} ${what}: ${statement}`),
  );
  return [
    ...broken,
    ...statements.filter(lacksDefault).map((one) => `${name} adds a column that must be given: ${one}`),
  ];
}

/** A table that the same migration makes is not known to the older version. */
function concernsOnly(statement: string, made: ReadonlySet<string>): boolean {
  const [, table = ''] = /\b(?:ALTER TABLE|ON)\s+([\w.]+)/i.exec(statement) ?? [];
  return made.has(table);
}

function lacksDefault(statement: string): boolean {
  return (
    /\bALTER\s+TABLE\b.*\bADD\s+COLUMN\b.*\bNOT\s+NULL\b/i.test(statement) &&
    !/\bDEFAULT\b|\bGENERATED\b/i.test(statement)
  );
}

t.test('migrations are numbered without a gap, and each is safe while the older version runs', async (t) => {
  for (const kind of ['control', 'target']) {
    const files = (await readdir(`${MIGRATIONS_DIR}/${kind}`)).sort();
    for (const [index, file] of files.entries()) {
      t.equal(Number(NAME.exec(file)?.[1]), index + 1, file);
      t.same(findFaults(file, await readFile(`${MIGRATIONS_DIR}/${kind}/${file}`, 'utf8')), [], file);
    }
  }
});

t.test('statements that an older version could not live with are found', async (t) => {
  const faulty = [
    'DROP TABLE copydock.parts',
    'ALTER TABLE copydock.loads DROP COLUMN wake_at',
    'ALTER TABLE copydock.loads DROP wake_at',
    'ALTER TABLE copydock.loads RENAME COLUMN wake_at TO due',
    'ALTER TABLE copydock.loads ALTER COLUMN attempt TYPE bigint',
    'ALTER TABLE copydock.loads ALTER attempt SET DATA TYPE bigint',
    'ALTER TABLE copydock.loads ALTER COLUMN plan_id SET NOT NULL',
    'ALTER TABLE copydock.loads ALTER COLUMN attempt DROP DEFAULT',
    'ALTER TABLE copydock.loads ADD CONSTRAINT few CHECK (attempt < 3)',
    'CREATE UNIQUE INDEX one ON copydock.loads (data_set)',
    'DELETE FROM copydock.loads',
    'ALTER TABLE copydock.loads ADD COLUMN more text NOT NULL',
    'ALTER TABLE copydock.loads ADD COLUMN more uuid NOT NULL DEFAULT gen_random_uuid()',
    'CREATE INDEX CONCURRENTLY more ON copydock.loads (id)',
    'COMMIT',
  ];
  for (const sql of faulty) t.not(findFaults('0099_more.sql', sql).length, 0, sql);
});

t.test('what only adds is fine, and a contraction may take away', async (t) => {
  const fine = [
    'ALTER TABLE copydock.loads ADD COLUMN more text',
    'ALTER TABLE copydock.loads ADD COLUMN more bigint NOT NULL DEFAULT 0',
    'CREATE INDEX more ON copydock.loads (id); DROP INDEX copydock.loads_by_time',
    'CREATE TABLE copydock.new (id text); CREATE UNIQUE INDEX one ON copydock.new (id)',
    'ALTER TABLE copydock.loads DROP CONSTRAINT few -- DROP TABLE copydock.loads',
    'CREATE OR REPLACE FUNCTION copydock.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM x; END $$',
  ];
  for (const sql of fine) t.same(findFaults('0099_more.sql', sql), [], sql);
  t.same(findFaults('0099_contract_wakes.sql', 'ALTER TABLE copydock.loads DROP COLUMN wake_at'), []);
});
