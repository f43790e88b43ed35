import type { SchemaDrift } from '../../loads/schema-drift.js';
import {
  type LoadedColumns,
  readLastColumns,
  reportSchemaDrift,
} from '../../postgres/control-database/schema-drift.js';
import type { LoadRun } from '../load-run.js';
import { warn } from '../warn.js';

/** Reports how the source's columns, as they are staged, differ from those of the last load of the same kind. */
export async function findSchemaDrift(run: LoadRun, columns: LoadedColumns['columns']): Promise<void> {
  const last = await readLastColumns(run.control, run.load);
  if (last === null || columns.length === 0) return;
  const drift = compareColumns(last, columns);
  if (drift === null) return;
  await reportSchemaDrift(run.control, run.load, drift);
  await warn(run, [describeDrift(drift)]);
}

/** null: the same names with the same types, in any order. */
export function compareColumns(last: LoadedColumns, columns: LoadedColumns['columns']): SchemaDrift | null {
  const before = new Map(last.columns.map(({ name, type }) => [name, type]));
  const names = new Set(columns.map(({ name }) => name));
  const drift: SchemaDrift = {
    since: last.loadId,
    new: columns.filter(({ name }) => !before.has(name)).map(({ name }) => name),
    missing: last.columns.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    retyped: columns.flatMap(({ name, type }) => {
      const earlier = before.get(name);
      return earlier === undefined || earlier === type ? [] : [{ column: name, from: earlier, to: type }];
    }),
  };
  return drift.new.length + drift.missing.length + drift.retyped.length === 0 ? null : drift;
}

function describeDrift(drift: SchemaDrift): string {
  const retyped = drift.retyped.map(({ column, from, to }) => `${column} (${from}, now ${to})`);
  const kinds = Object.entries({ new: drift.new, missing: drift.missing, retyped })
    .filter(([, columns]) => columns.length > 0)
    .map(([kind, columns]) => `${kind} ${columns.join(', ')}`);
  return `Columns differ from those of load ${drift.since}: ${kinds.join('; ')}`;
}
