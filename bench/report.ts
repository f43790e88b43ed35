import type { Result } from './result.js';

const COLUMNS: readonly [title: string, read: (result: Result) => string][] = [
  ['scenario', ({ scenario }) => scenario],
  ['strategy', ({ strategy }) => strategy],
  ['rows', ({ rows }) => rows.toLocaleString('en')],
  ['s', ({ seconds }) => digits(seconds, 2)],
  ['rival s', ({ rival_seconds }) => digits(rival_seconds, 2)],
  ['ratio', ({ ratio }) => digits(ratio, 2)],
  ['rows/s', ({ rows, seconds, mb_per_s }) => digits(mb_per_s === null ? null : rows / (seconds ?? 1), 0)],
  ['MB/s', ({ mb_per_s }) => digits(mb_per_s, 0)],
  ['CPU s', ({ client_cpu_s, rival_client_cpu_s }) => both(client_cpu_s, rival_client_cpu_s)],
  ['server CPU s', ({ server_cpu_s, rival_server_cpu_s }) => both(server_cpu_s, rival_server_cpu_s)],
  ['S3 CPU s', ({ s3_cpu_s }) => digits(s3_cpu_s, 1)],
  ['WAL MB', ({ wal_mb, rival_wal_mb }) => both(wal_mb, rival_wal_mb, 0)],
  ['WAL ratio', ({ wal_ratio }) => digits(wal_ratio, 2)],
  ['RSS MiB', ({ rss_mib }) => digits(rss_mib, 0)],
  ['note', ({ note }) => note],
];

/** A table in Markdown. */
export function formatResults(results: readonly Result[]): string {
  const cells = [
    COLUMNS.map(([title]) => title),
    ...results.map((row) => COLUMNS.map(([, read]) => read(row))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function digits(value: number | null, places: number): string {
  return value === null || Number.isNaN(value) ? '' : value.toFixed(places);
}

/** Ours, and the rival's. */
function both(ours: number | null, rival: number | null, places = 1): string {
  if (ours === null) return '';
  return rival === null ? digits(ours, places) : `${digits(ours, places)} / ${digits(rival, places)}`;
}
