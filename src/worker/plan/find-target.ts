import { CopydockError } from '../../loads/errors.js';
import { formatTableName, parseTableName } from '../../postgres/identifiers.js';
import { readTarget, type TargetTable } from '../../postgres/target-database/catalog.js';
import { createTableStatement, inferColumns } from '../../postgres/target-database/infer-table.js';
import type { ScopeFilter } from '../../postgres/target-database/scope-filter.js';
import type { LoadRun } from '../load-run.js';
import type { Source } from './find-source.js';
import { sampleRecords } from './sample-records.js';

/**
 * The scope that was decided when the load was accepted is the one that is fenced. A worker whose configuration lacks the
 * scope column would delete every data set's rows under the fence of one.
 */
export function scopeOf({ load, deps }: LoadRun): ScopeFilter | null {
  const column = deps.config.tables.get(load.targetTable)?.scopeColumn ?? null;
  if (column !== null) return { column, value: load.dataSet };
  if (load.scopeKey === '*') return null;
  throw new CopydockError(
    'scope_conflict',
    `The load was accepted for the rows of ${load.scopeKey}, but this worker knows no scope_column of ${load.targetTable}.`,
    { hint: `Give API and workers the same configuration: tables.${load.targetTable}.scope_column.` },
  );
}

/** The target as it stands, or as `create_table` would make it. */
export async function findTarget(
  run: LoadRun,
  source: Source,
): Promise<{ table: TargetTable; isNew: boolean }> {
  const name = parseTableName(run.load.targetTable);
  const table = await run.inTarget({ schema: name.schema }, (client) => readTarget(client, name));
  if (table !== null) return { table, isNew: false };
  const { first } = source;
  const columns =
    first === null ? [] : inferColumns(first.head.columns, await sampleRecords(run, source, first));
  const { request } = run.load;
  const isAllowed =
    request.validate_only === true || (request.create_table === true && request.load_type !== 'sample');
  if (!isAllowed || first === null) {
    const proposal = first === null ? '' : ` Proposed: ${createTableStatement(name, columns)}`;
    throw new CopydockError(
      'target_table_missing',
      `There is no table ${formatTableName(name)}.${proposal}`,
      {
        field: 'table',
      },
    );
  }
  return {
    isNew: true,
    table: {
      oid: 0,
      name,
      columns,
      primaryKey: [],
      incomingForeignKeys: [],
      deleteTriggers: [],
      comment: null,
      hasHeirs: false,
      hasRules: false,
    },
  };
}
