import { CopydockError, type ErrorPlace, shortenValue } from '../../loads/errors.js';
import type { PartRow } from '../../postgres/control-database/plans.js';
import {
  findDuplicateKey,
  findForeignKeyOwner,
  findOwnerOfKey,
  type KeyQuestion,
} from '../../postgres/target-database/strategies/find-duplicate.js';
import { formatKey, keyOwnedElsewhere } from '../../postgres/target-database/strategies/key-errors.js';
import type { LoadRun } from '../load-run.js';
import { isStaged, type Plan } from '../plan/plan-document.js';
import { partLocation } from '../transfer/copy-part.js';
import { recordPlace } from '../transfer/places.js';
import { readRecords } from './read-records.js';

type Place = Required<Pick<ErrorPlace, 'object'>> & Pick<ErrorPlace, 'line' | 'record'>;

/**
 * After a unique violation: says whether two rows of the source share the key, naming both lines, or whether the row
 * belongs to another scope. Violations of other unique constraints keep PostgreSQL's own explanation.
 */
export async function explainDuplicate(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  error: CopydockError,
): Promise<CopydockError> {
  const { target, primaryKey, scope } = plan.plan;
  if (error.code !== 'duplicate_key' || primaryKey.length === 0) return error;
  const question: KeyQuestion = { staging: plan.stagingTable, target, primaryKey, scope };
  return isStaged(plan)
    ? ((await explainStaged(run, plan, parts, question)) ?? explainOther(error))
    : ((await explainDirect(run, plan, parts, question, error)) ?? explainOther(error));
}

/** A unique constraint other than the key, or a row that stands in the table already. */
function explainOther({ message, report }: CopydockError): CopydockError {
  const { code: _, detail: __, retryable: ___, ...extras } = report;
  const hint = 'Correct the row in the source, or the row of the table that has these values already.';
  return new CopydockError('duplicate_key', message, { ...extras, hint });
}

async function explainStaged(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  question: KeyQuestion,
): Promise<CopydockError | null> {
  const pool = await run.target();
  const key = await findDuplicateKey(pool, question);
  if (key !== null) return duplicateKey(question, key, await findPlaces(run, plan, parts, key));
  const foreign = await findForeignKeyOwner(pool, question);
  return foreign === null
    ? null
    : keyOwnedElsewhere(question.primaryKey, foreign.key, question.scope, foreign.owner);
}

/** The COPY that failed named the line of the second row; its key is read from the source. */
async function explainDirect(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  question: KeyQuestion,
  error: CopydockError,
): Promise<CopydockError | null> {
  const key = await readKeyAt(run, plan, parts, error.report);
  if (key === null) return null;
  const found = await findOwnerOfKey(await run.target(), question, key);
  if (found !== null) return keyOwnedElsewhere(question.primaryKey, key, question.scope, found.owner);
  const places = await findPlaces(run, plan, parts, key);
  return places.length < 2 ? null : duplicateKey(question, key, places);
}

async function readKeyAt(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  { object, line, record: recordNumber }: ErrorPlace,
): Promise<string[] | null> {
  const number = line ?? recordNumber;
  if (number === undefined) return null;
  const part = parts.findLast((row) => partLocation(plan, row) === object && row.firstLine <= number);
  if (part === undefined) return null;
  let last: (string | null)[] | null = null;
  for await (const record of readRecords(run, plan, part, '')) {
    if (record.number > number) break;
    last = record.values;
  }
  return last === null ? null : keyOf(plan, part, last);
}

/** The first two places of the source where the key stands. */
async function findPlaces(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  key: string[],
): Promise<Place[]> {
  const places: Place[] = [];
  for (const part of parts) {
    for await (const { number, values } of readRecords(run, plan, part, key[0] ?? '')) {
      if (!isSameKey(keyOf(plan, part, values), key)) continue;
      places.push({ object: partLocation(plan, part), ...recordPlace(plan, number) });
      if (places.length === 2) return places;
    }
  }
  return places;
}

function keyOf(plan: Plan, part: PartRow, values: readonly (string | null)[]): string[] {
  return plan.plan.primaryKey.map((column) => values[part.columns.indexOf(column)] ?? '');
}

function isSameKey(left: readonly string[], right: readonly string[]): boolean {
  return left.every((value, index) => value.trim() === right[index]?.trim());
}

function duplicateKey({ primaryKey }: KeyQuestion, key: string[], places: Place[]): CopydockError {
  const [first, second] = places;
  const where =
    first === undefined || second === undefined ? '' : `: ${formatPlace(first)} and ${formatPlace(second)}`;
  return new CopydockError(
    'duplicate_key',
    `Two rows of the source have ${formatKey(primaryKey, key)}${where}.`,
    {
      ...second,
      column: primaryKey.join(', '),
      value: shortenValue(key.join(', ')),
    },
  );
}

function formatPlace({ object, line, record }: Place): string {
  return line === undefined ? `${object} record ${record}` : `${object} line ${line}`;
}
