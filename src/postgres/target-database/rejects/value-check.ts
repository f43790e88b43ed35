import type pg from 'pg';
import { quote, quoteText } from '../../identifiers.js';
import { quoteStaging } from '../staging-names.js';
import { checkFunction, columnAtLine, type FunctionNames, type RecordRules } from './check-function.js';

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
  rules: RecordRules,
): Promise<ValueCheck> {
  const name = `${staging}_check_${part}`;
  const table = quoteStaging(name);
  const names = {
    name,
    staging: quoteStaging(staging),
    misfits: quoteStaging(`${name}_misfits`),
    numbers: quoteStaging(`${name}_number`),
  };
  const text = checkFunction(names, rules);
  await client.query('SAVEPOINT copydock_check');
  const textColumns = rules.columns.map((column) => `${quote(column.name)} text`);
  await client.query(`CREATE UNLOGGED TABLE ${table} (${textColumns.join(', ')})`);
  await client.query(
    `CREATE UNLOGGED TABLE ${names.misfits} (number bigint, sqlstate text, reason text, line integer)`,
  );
  await client.query(`CREATE SEQUENCE ${names.numbers} CACHE 10000`);
  await client.query(
    `CREATE FUNCTION ${quoteStaging(name)}() RETURNS trigger LANGUAGE plpgsql AS ${quoteText(text)}`,
  );
  await client.query(
    `CREATE TRIGGER copydock_check BEFORE INSERT ON ${table}
       FOR EACH ROW EXECUTE FUNCTION ${quoteStaging(name)}()`,
  );
  return {
    table,
    end: async () => {
      await client.query('ROLLBACK TO SAVEPOINT copydock_check');
    },
    readMisfits: async (maxDetails) => ({
      numbers: await readNumbers(client, names.misfits),
      details: await readDetails(client, names, rules, maxDetails),
    }),
  };
}

async function readNumbers(client: pg.ClientBase, misfits: string): Promise<number[]> {
  const { rows } = await client.query<{ numbers: number[] }>(
    `SELECT coalesce(array_agg(number::integer ORDER BY number), '{}') AS numbers FROM ${misfits}`,
  );
  return rows[0]?.numbers ?? [];
}

async function readDetails(
  client: pg.ClientBase,
  names: FunctionNames,
  rules: RecordRules,
  limit: number,
): Promise<Misfit[]> {
  const { rows } = await client.query<Omit<Misfit, 'column'> & { line: number | null }>(
    `SELECT number::float8 AS number, sqlstate, reason, line FROM ${names.misfits} ORDER BY number LIMIT $1`,
    [limit],
  );
  return rows.map(({ line, ...misfit }) => ({
    ...misfit,
    column: line === null ? null : columnAtLine(names, rules, line),
  }));
}
