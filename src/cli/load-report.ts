import type { ErrorReport } from '../loads/errors.js';
import type { BucketSource, Load, Receipt } from '../loads/load.js';
import { printable } from '../loads/printable.js';
import { countOf, formatBytes, formatCount } from './format.js';

type Reported = Pick<
  Load,
  | 's3_bucket'
  | 's3_bucket_source'
  | 's3_bucket_overridden'
  | 'commit_plan'
  | 'receipt'
  | 'warnings'
  | 'absent_fields'
  | 'cleanup'
>;

const WHY_BUCKET: Record<BucketSource, string> = {
  request: 'the request names it in s3_bucket',
  environment_variable: 'the variable PYSPARK_TEMP_S3_BUCKET names it',
  environment_default: "the environment's default_staging_bucket",
  built_in_default: 'the built-in default of the environment',
};

/** What became of a load, for people: bucket and why, strategy and why, the receipt. */
export function describeLoad(load: Reported): string[] {
  return [
    `bucket    ${load.s3_bucket}: ${describeBucketSource(load)}`,
    ...(load.commit_plan === null
      ? []
      : [`strategy  ${load.commit_plan.strategy}: ${load.commit_plan.reason}`]),
    ...(load.receipt === null ? [] : describeReceipt(load.receipt)),
    ...(load.absent_fields.length === 0 ? [] : [`absent    ${load.absent_fields.join(', ')}`]),
    ...load.warnings.map((warning) => `warning   ${warning}`),
    ...(load.cleanup?.status === 'failed' ? [`clean-up  failed: ${load.cleanup.detail}`] : []),
  ].map(printable);
}

export function describeError({ code, detail, hint, object, line, column, value }: ErrorReport): string[] {
  const place = Object.entries({ object, line, column, value })
    .filter(([, part]) => part !== undefined)
    .map(([name, part]) => `${name} ${part}`);
  return [
    `code      ${code}`,
    `detail    ${detail}`,
    ...(place.length === 0 ? [] : [`place     ${place.join(', ')}`]),
    `hint      ${hint}`,
  ].map(printable);
}

function describeBucketSource({ s3_bucket_source: source, s3_bucket_overridden: lost }: Reported): string {
  return `${WHY_BUCKET[source]}${lost === null ? '' : `, instead of ${lost}`}`;
}

function describeReceipt(receipt: Receipt): string[] {
  const { seconds } = receipt;
  const figures = (
    names: ('loaded' | 'rejected' | 'deduplicated' | 'filtered' | 'inserted' | 'updated' | 'unchanged')[],
  ) => names.map((name) => `${name} ${formatCount(receipt[name])}`).join(' + ');
  const phases = (['queued', 'staging', 'copying', 'committing'] as const)
    .map((phase) => `${phase} ${seconds[phase].toFixed(2)} s`)
    .join(', ');
  return [
    `receipt   ${receipt.target}: read ${formatCount(receipt.read)} = ${figures(['loaded', 'rejected', 'deduplicated', 'filtered'])}`,
    `          loaded ${formatCount(receipt.loaded)} = ${figures(['inserted', 'updated', 'unchanged'])}; deleted ${formatCount(receipt.deleted)}`,
    `          ${countOf(receipt.source_objects, 'object')}, ${formatBytes(receipt.source_bytes)}, ${countOf(receipt.parts, 'part')}; ${phases}`,
  ];
}
