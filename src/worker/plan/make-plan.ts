import { randomBytes, randomUUID } from 'node:crypto';
import { CopydockError } from '../../loads/errors.js';
import type { CsvOptions } from '../../loads/load.js';
import { layOutPath, parseSourcePath } from '../../loads/path.js';
import { savePlan } from '../../postgres/control/plans.js';
import { addWarnings, reportCommitPlan } from '../../postgres/control/transitions.js';
import { formatTableName, parseTableName } from '../../postgres/identifiers.js';
import { readTarget, type TargetTable } from '../../postgres/target/catalog.js';
import { createTableStatement, inferColumns } from '../../postgres/target/infer-table.js';
import type { ScopeFilter } from '../../postgres/target/strategies/applied.js';
import { checkStagingBucket } from '../../s3/write.js';
import { type CsvDialect, completeDialect } from '../cut/dialect.js';
import { LoadStopped } from '../lease/lease.js';
import type { LoadRun } from '../load-run.js';
import { chooseStrategy } from './choose-strategy.js';
import { listSourceObjects } from './list-source-objects.js';
import { type ColumnMatch, matchColumns } from './match-columns.js';
import type { Plan, PlanDocument } from './plan-document.js';
import { type FirstHead, parseSample, readFirstHead } from './read-first-head.js';

/** A sample reads no more than it needs. */
const SAMPLE_PART_BYTES = 1024 * 1024;
const DEFAULT_SAMPLE_ROWS = 1_000;
const INFERENCE_RECORDS = 1_000;

/** Looks at the source and the target, decides how to load, and records the plan before anything is made. */
export async function makePlan(run: LoadRun): Promise<Plan> {
  const id = randomUUID();
  const stagingTable = `staging_${id.replaceAll('-', '')}`;
  await checkStagingBucket(run.deps.s3, run.load.bucket, run.signal);
  const document = await drawUp(run, stagingTable);
  const plan: Plan = {
    id,
    plan: document,
    stagingBucket: run.load.bucket,
    stagingPrefix: nameStagingPrefix(document.target.table),
    stagingTable,
    partCount: null,
  };
  run.lease.assertHeld();
  if (!(await savePlan(run.control, run.load, plan))) throw new LoadStopped('lease_lost');
  await reportCommitPlan(run.control, run.load, { strategy: document.strategy, reason: document.reason });
  return plan;
}

async function drawUp(run: LoadRun, stagingTable: string): Promise<PlanDocument> {
  const { request } = run.load;
  const location = parseSourcePath(
    layOutPath(request.path, run.env.pathLayout, request.data_set, request.load_type),
  );
  const objects = await listSourceObjects(run.deps.s3, location, request, run.signal);
  const dialect = completeDialect(csvOptions(run), objects[0]?.key ?? '');
  const first = await readFirstHead(run.deps.s3, objects, dialect, run.signal);
  if (first === null && request.allow_empty !== true) {
    throw new CopydockError('empty_source', `No object under ${request.path} holds a byte.`, {
      field: 'path',
    });
  }
  const { table, isNew } = await findTarget(run, first, dialect);
  const scope = scopeOf(run);
  const columns = first === null ? noColumns() : matchColumns(first.head.columns, table, scope, request);
  await reportUnknown(run, columns.unknown, formatTableName(table.name));
  const sourceBytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const choice = chooseStrategy({
    request,
    wanted: request.commit_strategy ?? run.deps.config.dataSets.get(run.load.dataSet)?.commitStrategy ?? null,
    target: table,
    isNewTable: isNew,
    isScoped: scope !== null,
    unknownColumns: columns.unknown,
    sourceBytes,
    directMaxBytes: run.deps.config.worker.directMaxBytes,
  });
  const isSample = request.load_type === 'sample';
  const { partSizeBytes } = run.deps.config.worker;
  return {
    objects,
    dialect,
    header: first?.head.columns ?? [],
    partSizeBytes: isSample ? Math.min(partSizeBytes, SAMPLE_PART_BYTES) : partSizeBytes,
    recordLimit: isSample ? (request.sample_rows ?? DEFAULT_SAMPLE_ROWS) : null,
    ...choice,
    target: table.name,
    sample: isSample ? parseTableName(run.load.scopeTable) : null,
    createColumns: isNew ? table.columns : null,
    primaryKey: table.primaryKey,
    staging: { name: stagingTable, columns: columns.staging, hasPosition: request.duplicates === 'last' },
    loadedColumns: columns.loaded,
    forceNull: columns.forceNull,
    scope,
  };
}

/** Options of the request outrank those that the configuration has for the data set. */
function csvOptions(run: LoadRun): CsvOptions {
  return { ...run.deps.config.dataSets.get(run.load.dataSet)?.csv, ...run.load.request.csv };
}

/**
 * The scope that was decided when the load was accepted is the one that is fenced. A worker whose configuration lacks the
 * scope column would delete every data set's rows under the fence of one.
 */
function scopeOf({ load, deps }: LoadRun): ScopeFilter | null {
  const column = deps.config.tables.get(load.targetTable)?.scopeColumn;
  if (column !== undefined) return { column, value: load.dataSet };
  if (load.scopeKey === '*') return null;
  throw new CopydockError(
    'scope_conflict',
    `The load was accepted for the rows of ${load.scopeKey}, but this worker knows no scope_column of ${load.targetTable}.`,
    { hint: `Give API and workers the same configuration: tables.${load.targetTable}.scope_column.` },
  );
}

async function findTarget(
  run: LoadRun,
  first: FirstHead | null,
  dialect: CsvDialect,
): Promise<{ table: TargetTable; isNew: boolean }> {
  const name = parseTableName(run.load.targetTable);
  const table = await run.inTarget({ schema: name.schema }, (client) => readTarget(client, name));
  if (table !== null) return { table, isNew: false };
  const columns =
    first === null ? [] : inferColumns(first.head.columns, parseSample(first, dialect, INFERENCE_RECORDS));
  const isAllowed = run.load.request.create_table === true && run.load.request.load_type !== 'sample';
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
    },
  };
}

async function reportUnknown(run: LoadRun, unknown: readonly string[], table: string): Promise<void> {
  if (unknown.length === 0) return;
  const message = `Columns that ${table} lacks are not loaded: ${unknown.join(', ')}`;
  await addWarnings(run.control, run.load, [message]);
  await run.log('warning', message);
}

function noColumns(): ColumnMatch {
  return { staging: [], loaded: [], unknown: [], forceNull: [] };
}

function nameStagingPrefix(table: string): string {
  return `tmp/postgres-copy/${table}-${Math.floor(Date.now() / 1000)}-${randomBytes(4).toString('hex')}/`;
}
