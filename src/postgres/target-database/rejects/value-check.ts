import type pg from 'pg';
import { quote, quoteText } from '../../identifiers.js';
import { quoteStaging } from '../staging-names.js';

export interface CheckedColumn {
  name: string;
  /** Every text is a value of it. */
  isFreeText: boolean;
  isNotNull: boolean;
  /** Quoted function that makes the value of the text; null where PostgreSQL does. */
  converter: string | null;
}

export interface ValueCheck {
  /** Quoted; of text columns with the names of the part's. */
  table: string;
  end(): Promise<void>;
  /** The records that don't fit, as they were copied, counted from 1. */
  readMisfits(maxDetails: number): Promise<{ numbers: number[]; details: Misfit[] }>;
}

export interface Misfit {
  number: number;
  column: string | null;
  sqlstate: string;
  reason: string;
}

/** Classes of SQLSTATE that no value is to blame for. */
const NOT_THE_VALUE = ['40', '53', '57', '58'];
const REASON_CHARACTERS = 300;

/**
 * Makes a table for the records of one part that keeps none of them: a trigger turns each field into its column's type,
 * as COPY would, and notes the records that don't fit. Nothing of it outlives the transaction, if `end` is called.
 *
 * Each record is tried in a subtransaction. It only casts, so that it takes no transaction id. A field is assigned to a
 * variable of the staging table's row type, since a cast written out would cut what is too long for varchar(n).
 */
export async function openValueCheck(
  client: pg.ClientBase,
  staging: string,
  part: number,
  columns: readonly CheckedColumn[],
): Promise<ValueCheck> {
  const name = `${staging}_check_${part}`;
  const names = {
    table: quoteStaging(name),
    misfits: quoteStaging(`${name}_misfits`),
    numbers: quoteStaging(`${name}_number`),
  };
  const text = functionText(quoteStaging(staging), name, names, columns);
  await client.query('SAVEPOINT copydock_check');
  const textColumns = columns.map((column) => `${quote(column.name)} text`);
  await client.query(`CREATE UNLOGGED TABLE ${names.table} (${textColumns.join(', ')})`);
  await client.query(
    `CREATE UNLOGGED TABLE ${names.misfits} (number bigint, sqlstate text, reason text, line integer)`,
  );
  await client.query(`CREATE SEQUENCE ${names.numbers} CACHE 10000`);
  await client.query(
    `CREATE FUNCTION ${quoteStaging(name)}() RETURNS trigger LANGUAGE plpgsql AS ${quoteText(text)}`,
  );
  await client.query(
    `CREATE TRIGGER copydock_check BEFORE INSERT ON ${names.table}
       FOR EACH ROW EXECUTE FUNCTION ${quoteStaging(name)}()`,
  );
  return {
    table: names.table,
    end: async () => {
      await client.query('ROLLBACK TO SAVEPOINT copydock_check');
    },
    readMisfits: async (maxDetails) => ({
      numbers: await readNumbers(client, names.misfits),
      details: await readDetails(client, names.misfits, columns, maxDetails),
    }),
  };
}

/** The function's text up to its first column. */
const PREAMBLE_LINES = 6;

function functionText(
  staging: string,
  name: string,
  { misfits, numbers }: { misfits: string; numbers: string },
  columns: readonly CheckedColumn[],
): string {
  return `
DECLARE
copydock_row ${staging}%ROWTYPE;
copydock_number bigint := nextval(${quoteText(numbers)});
copydock_sqlstate text; copydock_reason text; copydock_context text;
BEGIN BEGIN
${columns.map(checkStatement).join('\n')}
EXCEPTION WHEN OTHERS THEN
GET STACKED DIAGNOSTICS copydock_sqlstate = RETURNED_SQLSTATE, copydock_reason = MESSAGE_TEXT,
copydock_context = PG_EXCEPTION_CONTEXT;
IF left(copydock_sqlstate, 2) IN (${NOT_THE_VALUE.map(quoteText).join(', ')}) THEN RAISE; END IF;
INSERT INTO ${misfits} VALUES (copydock_number, copydock_sqlstate, left(copydock_reason, ${REASON_CHARACTERS}),
substring(copydock_context FROM '${name}\\(\\)\\D+(\\d+)')::integer);
END; RETURN NULL; END`;
}

function checkStatement({ name, isFreeText, isNotNull, converter }: CheckedColumn): string {
  const column = quote(name);
  const message = quoteText(`Column ${name} must not be null`);
  return [
    isNotNull
      ? `IF NEW.${column} IS NULL THEN RAISE not_null_violation USING MESSAGE = ${message}; END IF;`
      : '',
    isFreeText ? '' : `copydock_row.${column} := ${converter ?? ''}(NEW.${column});`,
  ].join(' ');
}

/** PostgreSQL tells by its line which column an error is about. A name may hold line ends. */
function columnAt(columns: readonly CheckedColumn[], line: number): string | null {
  let next = PREAMBLE_LINES + 1;
  for (const column of columns) {
    next += checkStatement(column).split('\n').length;
    if (line < next) return column.name;
  }
  return null;
}

async function readNumbers(client: pg.ClientBase, misfits: string): Promise<number[]> {
  const { rows } = await client.query<{ numbers: number[] }>(
    `SELECT coalesce(array_agg(number::integer ORDER BY number), '{}') AS numbers FROM ${misfits}`,
  );
  return rows[0]?.numbers ?? [];
}

async function readDetails(
  client: pg.ClientBase,
  misfits: string,
  columns: readonly CheckedColumn[],
  limit: number,
): Promise<Misfit[]> {
  const { rows } = await client.query<Omit<Misfit, 'column'> & { line: number | null }>(
    `SELECT number::float8 AS number, sqlstate, reason, line FROM ${misfits} ORDER BY number LIMIT $1`,
    [limit],
  );
  return rows.map(({ line, ...misfit }) => ({
    ...misfit,
    column: line === null ? null : columnAt(columns, line),
  }));
}
