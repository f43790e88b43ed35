import { randomBytes, randomUUID } from 'node:crypto';
import type { CommitPlan } from '../../loads/load.js';
import { savePlan } from '../../postgres/control-database/plans.js';
import { reportCommitPlan } from '../../postgres/control-database/transitions.js';
import { formatTableName, parseTableName } from '../../postgres/identifiers.js';
import type { TargetTable } from '../../postgres/target-database/catalog.js';
import { checkImport } from '../../postgres/target-database/import-object.js';
import { createTableStatement } from '../../postgres/target-database/infer-table.js';
import { checkStagingBucket } from '../../s3/write.js';
import { LoadStopped } from '../lease/lease.js';
import type { LoadRun } from '../load-run.js';
import { publishStep } from '../steps.js';
import { warn } from '../warn.js';
import { decideHeader } from './decide-header.js';
import { decideReading } from './decide-reading.js';
import { decideStrategy } from './decide-strategy.js';
import { findSource } from './find-source.js';
import { findTarget, scopeOf } from './find-target.js';
import { type ColumnMatch, matchColumns } from './match-columns.js';
import { describeGaps } from './merge-headers.js';
import { type Plan, type PlanDocument, reportedPlan } from './plan-document.js';
import { findSchemaDrift } from './schema-drift.js';

/** A sample reads no more than it needs. */
const SAMPLE_PART_BYTES = 1024 * 1024;
const DEFAULT_SAMPLE_ROWS = 1_000;

/** Looks at the source and the target, decides how to load, and records the plan before anything is made. */
export async function makePlan(run: LoadRun): Promise<Plan> {
  const id = randomUUID();
  const stagingTable = `staging_${id.replaceAll('-', '')}`;
  await checkStagingBucket(run.deps.s3, run.load.bucket, run.signal);
  if (run.env.copyEngine === 'aws_s3') await run.inTarget({}, checkImport);
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
  publishStep('planned', run.load.id);
  await findSchemaDrift(run, document.staging.columns);
  await reportCommitPlan(run.control, run.load, describePlan(run, plan));
  return plan;
}

function describePlan({ load }: LoadRun, plan: Plan): CommitPlan {
  const { createColumns, target } = plan.plan;
  const isProposed = load.request.validate_only === true && createColumns !== null;
  return {
    ...reportedPlan(plan),
    ...(isProposed ? { create_table: createTableStatement(target, createColumns) } : {}),
  };
}

async function drawUp(run: LoadRun, stagingTable: string): Promise<PlanDocument> {
  const { request } = run.load;
  const source = await findSource(run);
  const { table, isNew } = await findTarget(run, source);
  const scope = scopeOf(run);
  const { header, gaps } = decideHeader(run, source, table, scope);
  const columns = source.first === null ? noColumns() : matchColumns(header, table, scope, request);
  await warn(run, [
    ...source.warnings,
    ...describeGaps(gaps, source.heads.length),
    ...describeTarget(run, columns, table),
  ]);
  const isSample = request.load_type === 'sample';
  const { partSizeBytes } = run.deps.config.worker;
  const staging = {
    name: stagingTable,
    columns: columns.staging,
    hasPosition: request.duplicates === 'last',
    makesValid: request.make_valid === true,
    keepsRejects: request.on_error === 'skip',
    ...(isNew ? {} : { checks: { table: table.name, scope } }),
    defaults: { table: table.name, columns: gaps.map(({ column }) => column) },
  };
  const strategy = await decideStrategy(run, source, { table, isNew, columns, scope, staging });
  return {
    objects: source.objects,
    copyEngine: run.env.copyEngine,
    ...decideReading(source, header, columns, table),
    header,
    partSizeBytes: isSample ? Math.min(partSizeBytes, SAMPLE_PART_BYTES) : partSizeBytes,
    recordLimit: isSample ? (request.sample_rows ?? DEFAULT_SAMPLE_ROWS) : null,
    ...strategy,
    ...(request.validate_only === true ? { newTable: null, choice: null } : {}),
    target: table.name,
    sample: isSample ? parseTableName(run.load.scopeTable) : null,
    createColumns: isNew ? table.columns : null,
    primaryKey: table.primaryKey,
    staging,
    loadedColumns: columns.loaded,
    forceNull: columns.forceNull,
    scope,
    isDryRun: request.validate_only === true,
  };
}

/** What the load does other than its caller may think is reported with it. */
function describeTarget(run: LoadRun, { unknown }: ColumnMatch, { name, primaryKey }: TargetTable): string[] {
  const table = formatTableName(name);
  return [
    ...(unknown.length > 0
      ? [`Columns that ${table} lacks or computes itself are not loaded: ${unknown.join(', ')}`]
      : []),
    ...(run.load.request.duplicates === 'last' && primaryKey.length === 0
      ? [`duplicates: last has no effect, since ${table} has no primary key`]
      : []),
  ];
}

function noColumns(): ColumnMatch {
  return { staging: [], loaded: [], unknown: [], forceNull: [] };
}

function nameStagingPrefix(table: string): string {
  return `tmp/postgres-copy/${table}-${Math.floor(Date.now() / 1000)}-${randomBytes(4).toString('hex')}/`;
}
