import { quote, quoteText } from '../../identifiers.js';
import { notNullPosition, type RowCheck } from '../row-checks.js';
import { type ScopeFilter, scopeCondition } from '../scope-filter.js';

export interface CheckedColumn {
  name: string;
  /** Every text is a value of it. */
  isFreeText: boolean;
  isNotNull: boolean;
  /** Quoted function that makes the value of the text; null where PostgreSQL does. */
  converter: string | null;
}

/** What a record must be to be taken. */
export interface RecordRules {
  columns: readonly CheckedColumn[];
  /** Of rows in scope, by these columns alone. */
  checks: readonly RowCheck[];
  scope: ScopeFilter | null;
}

/** Quoted names of what the function uses, but for its own. */
export interface FunctionNames {
  name: string;
  staging: string;
  misfits: string;
  numbers: string;
}

interface Statement {
  text: string;
  /** That it is about. */
  column: string | null;
}

/** Classes of SQLSTATE that no value is to blame for. */
const NOT_THE_VALUE = ['40', '53', '57', '58'];
const REASON_CHARACTERS = 300;

/**
 * The trigger function that turns each field into its column's type, then asks the checks, and notes the records that don't
 * fit. PostgreSQL tells by its line which statement failed.
 */
export function checkFunction(names: FunctionNames, rules: RecordRules): string {
  const texts = statements(rules).map(({ text }) => text);
  return `${preamble(names)}
${texts.join('\n')}
EXCEPTION WHEN OTHERS THEN
GET STACKED DIAGNOSTICS copydock_sqlstate = RETURNED_SQLSTATE, copydock_reason = MESSAGE_TEXT,
copydock_context = PG_EXCEPTION_CONTEXT;
IF left(copydock_sqlstate, 2) IN (${NOT_THE_VALUE.map(quoteText).join(', ')}) THEN RAISE; END IF;
INSERT INTO ${names.misfits} VALUES (copydock_number, copydock_sqlstate, left(copydock_reason, ${REASON_CHARACTERS}),
substring(copydock_context FROM '${names.name}\\(\\)\\D+(\\d+)')::integer);
END; RETURN NULL; END`;
}

/** The column that a line of the function is about. A name may hold line ends. */
export function columnAtLine(names: FunctionNames, rules: RecordRules, line: number): string | null {
  let next = lineCount(preamble(names)) + 1;
  for (const { text, column } of statements(rules)) {
    next += lineCount(text);
    if (line < next) return column;
  }
  return null;
}

function preamble({ staging, numbers }: FunctionNames): string {
  return `
#variable_conflict use_column
DECLARE
copydock_row ${staging}%ROWTYPE;
copydock_number bigint := nextval(${quoteText(numbers)});
copydock_sqlstate text; copydock_reason text; copydock_context text;
BEGIN BEGIN`;
}

function statements({ columns, checks, scope }: RecordRules): Statement[] {
  const asked = new Set(checks.flatMap((check) => check.columns));
  if (scope !== null && checks.length > 0) asked.add(scope.column);
  const casts = columns.map((column) => ({
    text: castStatement(column, asked.has(column.name)),
    column: column.name,
  }));
  return checks.length === 0 ? casts : [...casts, ...checkStatements(checks, scope)];
}

function castStatement({ name, isFreeText, isNotNull, converter }: CheckedColumn, isAsked: boolean): string {
  const column = quote(name);
  return [
    isNotNull ? `IF NEW.${column} IS NULL THEN ${raise('23502', notNull(name))} END IF;` : '',
    isFreeText && !isAsked ? '' : `copydock_row.${column} := ${converter ?? ''}(NEW.${column});`,
  ].join(' ');
}

/** All are asked at once, and one by one only of a record that breaks one. */
function checkStatements(checks: readonly RowCheck[], scope: ScopeFilter | null): Statement[] {
  const isBroken = ({ expression }: RowCheck) => `(${expression}) IS FALSE`;
  const inScope = scope === null ? '' : `${scopeCondition(scope)} AND `;
  const some = `${inScope}(${checks.map(isBroken).join(' OR ')})`;
  return [
    { text: `IF ${ofRecord(some)} THEN`, column: null },
    ...checks.map((check) => ({
      text: `IF ${ofRecord(isBroken(check))} THEN ${raiseBroken(check)} END IF;`,
      column: onlyColumn(check),
    })),
    { text: 'END IF;', column: null },
  ];
}

function ofRecord(condition: string): string {
  return `(SELECT ${condition} FROM (SELECT copydock_row.*) AS copydock_record)`;
}

function raiseBroken(check: RowCheck): string {
  if (notNullPosition(check.name) >= 0) return raise('23502', notNull(onlyColumn(check) ?? ''));
  return raise('23514', `The record violates check constraint "${check.name}": ${check.expression}`);
}

function raise(sqlstate: string, message: string): string {
  return `RAISE EXCEPTION USING ERRCODE = ${quoteText(sqlstate)}, MESSAGE = ${quoteText(message)};`;
}

function notNull(column: string): string {
  return `Column ${column} must not be null`;
}

function onlyColumn({ columns: [column, ...others] }: RowCheck): string | null {
  return column === undefined || others.length > 0 ? null : column;
}

function lineCount(text: string): number {
  return text.split('\n').length;
}
