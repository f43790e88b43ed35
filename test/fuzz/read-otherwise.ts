import { parse } from 'csv-parse/sync';
import pg from 'pg';
import { copyIn, copyStatement } from '../../src/postgres/target-database/copy-in.js';
import { COLUMNS, type FuzzCase } from './fuzz-case.js';
import { copyBytes } from './write-source.js';

export type Row = Record<string, string | null>;

/** All rows of all objects, or null where the reader refuses one. */
export interface Readings {
  /** As PostgreSQL's COPY reads the whole file into columns of text. */
  raw: Row[] | null;
  /** The same as the target should have it; null, too, where a value is no integer. */
  target: Row[] | null;
  /** As csv-parse reads it: it knows no NULL. */
  reader: Row[] | null;
}

export async function readOtherwise(client: pg.Client, fuzzCase: FuzzCase): Promise<Readings> {
  await client.query(
    `BEGIN; CREATE TEMPORARY TABLE whole (${COLUMNS.map((name) => `${name} text`).join(', ')}) ON COMMIT DROP`,
  );
  try {
    for (const object of fuzzCase.objects) await copyWhole(client, fuzzCase, object);
    const raw = (await client.query<Row>('SELECT * FROM whole')).rows;
    return { raw, target: await castRows(client, fuzzCase), reader: parseAll(fuzzCase) };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { raw: null, target: null, reader: parseAll(fuzzCase) };
  } finally {
    await client.query('ROLLBACK');
  }
}

async function copyWhole(client: pg.Client, fuzzCase: FuzzCase, object: FuzzCase['objects'][number]) {
  const { delimiter, quote, escape: escapeWith, nullString, hasHeader } = fuzzCase.dialect;
  const { bytes, encoding } = copyBytes(object, fuzzCase);
  const options = { delimiter, quote, escape: escapeWith, nullString, encoding, forceNull: [] };
  const statement = copyStatement({ table: 'whole', columns: object.columns, options });
  const whole = hasHeader ? statement.replace('HEADER false', 'HEADER true') : statement;
  await copyIn(client, whole, bytes, new AbortController().signal);
}

/** Copydock takes empty values and the null string, quoted or not, for NULL where the column is not text. */
async function castRows(client: pg.Client, { dialect }: FuzzCase): Promise<Row[] | null> {
  const texts = COLUMNS.filter((name) => name !== 'n').join(', ');
  try {
    const { rows } = await client.query<Row>(
      `SELECT ${texts}, (CASE WHEN n IN ('', $1) THEN NULL ELSE n END)::int::text AS n FROM whole`,
      [dialect.nullString],
    );
    return rows;
  } catch {
    return null;
  }
}

function parseAll({ objects, dialect }: FuzzCase): Row[] | null {
  const { delimiter, quote, escape: escapeWith, lineEnd, hasHeader } = dialect;
  if (objects.some(({ text }) => hasIdleEscape(text, dialect))) return null;
  try {
    return objects.flatMap(({ text, columns }) =>
      (
        parse(text, {
          delimiter,
          quote,
          escape: escapeWith,
          record_delimiter: lineEnd,
          from: hasHeader ? 2 : 1,
        }) as string[][]
      ).map((values) => Object.fromEntries(columns.map((name, index) => [name, values[index] ?? null]))),
    );
  } catch {
    return null;
  }
}

/** Within quotes an escape before another character than itself and the quote: COPY keeps it, csv-parse drops it. */
function hasIdleEscape(text: string, { quote, escape: escapeWith }: FuzzCase['dialect']): boolean {
  if (quote === escapeWith) return false;
  let inQuotes = false;
  for (let at = 0; at < text.length; at += 1) {
    if (inQuotes && text[at] === escapeWith) {
      at += 1;
      if (text[at] !== quote && text[at] !== escapeWith) return true;
    } else if (text[at] === quote) inQuotes = !inQuotes;
  }
  return false;
}
