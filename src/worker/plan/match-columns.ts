import { CopydockError } from '../../loads/errors.js';
import { isUpsert, type LoadRequest } from '../../loads/load.js';
import { formatTableName } from '../../postgres/identifiers.js';
import { loadableColumns, type TargetTable } from '../../postgres/target-database/catalog.js';
import type { ScopeFilter } from '../../postgres/target-database/scope-filter.js';
import type { StagingColumn } from '../../postgres/target-database/staging-table.js';

export interface ColumnMatch {
  staging: StagingColumn[];
  loaded: string[];
  unknown: string[];
  forceNull: string[];
}

/**
 * Matches the source's columns with the target's by name. Unknown ones are staged as text and reported (or refused);
 * a column that must have a value, and that neither the source nor a default gives one, is refused before any work.
 */
export function matchColumns(
  header: readonly string[],
  target: TargetTable,
  scope: ScopeFilter | null,
  request: Pick<LoadRequest, 'unknown_columns' | 'load_type' | 'disposition'>,
): ColumnMatch {
  const known = new Map(loadableColumns(target).map((column) => [column.name, column]));
  const unknown = header.filter((name) => !known.has(name));
  const name = formatTableName(target.name);
  if (unknown.length === header.length) throw noCommonColumn(header, name);
  if (unknown.length > 0 && request.unknown_columns === 'fail') throw refusedUnknown(unknown, name);
  requireColumns(header, target, scope, request);
  return {
    staging: header.map((column) => {
      const found = known.get(column);
      const isNotNull = found?.isNotNull === true && scope === null;
      const geometry = found?.geometry ?? undefined;
      return { name: column, type: found?.type ?? 'text', isNotNull, ...(geometry && { geometry }) };
    }),
    loaded: header.filter((column) => known.has(column)),
    unknown,
    forceNull: header.filter((column) => known.get(column)?.isText === false),
  };
}

function requireColumns(
  header: readonly string[],
  target: TargetTable,
  scope: ScopeFilter | null,
  request: Pick<LoadRequest, 'load_type' | 'disposition'>,
): void {
  const name = formatTableName(target.name);
  if (scope !== null && !header.includes(scope.column)) {
    throw new CopydockError(
      'scope_column_missing',
      `The source has no column ${scope.column}, by which ${name} is scoped.`,
      {
        column: scope.column,
      },
    );
  }
  const missing = loadableColumns(target).find(
    (column) => column.isNotNull && !column.hasDefault && !column.isIdentity && !header.includes(column.name),
  );
  if (missing !== undefined) {
    throw new CopydockError(
      'required_column_missing',
      `The source has no column ${missing.name}, which must not be null in ${name} and has no default.`,
      { column: missing.name },
    );
  }
  if (!isUpsert(request)) return;
  if (target.primaryKey.length === 0) {
    throw new CopydockError('key_missing', `${name} has no primary key to upsert by.`, {
      field: 'load_type',
    });
  }
  const key = target.primaryKey.find((column) => !header.includes(column));
  if (key !== undefined) {
    throw new CopydockError(
      'key_missing',
      `The source has no column ${key}, which is part of the key of ${name}.`,
      {
        column: key,
        hint: 'Add the column to the source.',
      },
    );
  }
  const identity = target.columns.find(
    ({ name: column, isAlwaysIdentity }) =>
      isAlwaysIdentity && header.includes(column) && !target.primaryKey.includes(column),
  );
  if (identity !== undefined) {
    throw new CopydockError(
      'identity_column',
      `${identity.name} of ${name} is GENERATED ALWAYS AS IDENTITY and not part of the key: a delta load can't update it.`,
      { column: identity.name },
    );
  }
}

function noCommonColumn(header: readonly string[], table: string): CopydockError {
  const [first = ''] = header;
  const delimiter = header.length === 1 ? /[|;\t,]/.exec(first)?.[0] : undefined;
  const hint =
    delimiter === undefined
      ? "Names must be those of the table's columns, upper and lower case included (`-` counts as `_`)."
      : `The header looks delimited by ${JSON.stringify(delimiter)}: set csv.delimiter.`;
  return new CopydockError(
    'header_invalid',
    `No column of the header is in ${table}: ${header.slice(0, 5).join(', ')}.`,
    {
      line: 1,
      hint,
    },
  );
}

function refusedUnknown(unknown: readonly string[], table: string): CopydockError {
  return new CopydockError('unknown_column', `${table} has no column ${unknown.join(', ')}.`, {
    ...(unknown[0] === undefined ? {} : { column: unknown[0] }),
  });
}
