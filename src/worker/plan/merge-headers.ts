import { CopydockError } from '../../loads/errors.js';
import { isUpsert, type LoadRequest } from '../../loads/load.js';
import { formatTableName } from '../../postgres/identifiers.js';
import { loadableColumns, type TargetTable } from '../../postgres/target-database/catalog.js';
import type { ScopeFilter } from '../../postgres/target-database/scope-filter.js';
import { objectLocation } from '../../s3/list.js';
import type { ObjectHead } from './read-heads.js';

/** A column that some objects have and others lack. */
export interface ColumnGap {
  column: string;
  objectsWithout: number;
  /** The first of them. */
  location: string;
}

export interface MergedHeader {
  /** Every column that an object has, in the order of first appearance. */
  columns: string[];
  gaps: ColumnGap[];
}

export function mergeHeaders(heads: readonly ObjectHead[]): MergedHeader {
  const columns = [...new Set(heads.flatMap((head) => head.columns))];
  const gaps: ColumnGap[] = [];
  for (const column of columns) {
    const without = heads.filter((head) => !head.columns.includes(column));
    const [first] = without;
    if (first === undefined) continue;
    gaps.push({ column, objectsWithout: without.length, location: objectLocation(first.object) });
  }
  return { columns, gaps };
}

type GapRules = Pick<LoadRequest, 'missing_columns' | 'load_type' | 'disposition'>;

/** Refuses gaps that no default can fill, or that the request does not allow. */
export function refuseGaps(
  { gaps }: MergedHeader,
  heads: readonly ObjectHead[],
  target: TargetTable,
  scope: ScopeFilter | null,
  request: GapRules,
): void {
  const known = new Map(loadableColumns(target).map((column) => [column.name, column]));
  refuseStrangers(heads, target, known);
  for (const gap of gaps) {
    const column = known.get(gap.column);
    const place = { object: gap.location, line: 1, column: gap.column };
    if (gap.column === scope?.column || (column?.isNotNull && !column.hasDefault) || column?.isIdentity) {
      const detail = `${gap.location} has no column ${gap.column}, which every row needs; other objects of the load have it.`;
      throw new CopydockError('required_column_missing', detail, place);
    }
    if (request.missing_columns !== 'fail' && !(isUpsert(request) && column !== undefined)) continue;
    throw new CopydockError(
      'header_mismatch',
      `${gap.location} lacks column ${gap.column}, which other objects of the load have.`,
      isUpsert(request) ? { ...place, hint: UPSERT_HINT } : place,
    );
  }
}

const UPSERT_HINT =
  'Load the objects apart, or write them with one header: an upsert keeps the values of columns that the source lacks.';

/** An object without any of the target's columns is none of this load's, or its header is a row of data. */
function refuseStrangers(
  heads: readonly ObjectHead[],
  target: TargetTable,
  known: ReadonlyMap<string, unknown>,
): void {
  const stranger = heads.find(({ columns }) => !columns.some((column) => known.has(column)));
  if (stranger === undefined || heads.length === 1) return;
  const location = objectLocation(stranger.object);
  throw new CopydockError(
    'header_mismatch',
    `${location} has no column of ${formatTableName(target.name)}, other than the rest of the load: ${stranger.columns.slice(0, 5).join(', ')}.`,
    { object: location, line: 1, hint: 'Write its header, or name a path without it.' },
  );
}

/** What a load with gaps is to be told. */
export function describeGaps(gaps: readonly ColumnGap[], objects: number): string[] {
  return gaps.map(
    ({ column, objectsWithout, location }) =>
      `Column ${column} takes its default in the rows of ${objectsWithout} of ${objects} objects, which lack it; the first is ${location}`,
  );
}
