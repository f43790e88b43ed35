import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { airflowEnvironment } from './airflow-line.js';
import type { CountingProxy } from './counting-proxy.js';
import { ensureAirflow, type LineName } from './install.js';
import { sayHolds, toMarkdown } from './measure.js';

const PROJECT_DAGS = join(import.meta.dirname, '../../airflow/dags');
export const FIVE_DAGS = [
  'emr_serverless_transport_access_node_dag',
  'emr_sl_title_boundary_collection',
  'emr_sl_title_boundary_collection_test',
  'emr_sl_transport_access_node_collection',
  'emr_sl_transport_access_node_collection_test',
];

export interface ParseRow {
  line: LineName;
  files: number;
  dags: number;
  importErrors: number;
  warnings: number;
  databaseConnections: number;
  networkConnections: number;
  copydockRequests: number;
  faults: string[];
}

interface Report {
  files: number;
  dags: string[];
  import_errors: Record<string, string>;
  warnings: string[];
  database_connections: number;
  network_connections: number;
}

/** Parses the project's DAG folder and counts what that does beside. */
export async function checkParsing(line: LineName, folder: string, proxy: CountingProxy): Promise<ParseRow> {
  const bin = await ensureAirflow(line);
  const home = join(folder, `parse-${line}`);
  await mkdir(home);
  const before = proxy.seen.length;
  const output = execFileSync(
    join(bin, 'python'),
    [join(import.meta.dirname, 'parse_check.py'), PROJECT_DAGS],
    {
      env: { ...airflowEnvironment(line, bin, home, 0, proxy.url), PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const report = JSON.parse(output.toString().trim().split('\n').at(-1) ?? '') as Report;
  const { files, dags, import_errors: errors, warnings } = report;
  const counted = {
    databaseConnections: report.database_connections,
    networkConnections: report.network_connections,
    copydockRequests: proxy.seen.length - before,
  };
  const faults = [...Object.values(errors), ...warnings];
  if (dags.join() !== FIVE_DAGS.join()) faults.push(`the DAGs are ${dags.join(', ')}`);
  for (const [name, count] of Object.entries(counted)) {
    if (count > 0) faults.push(`${count} ${name}`);
  }
  return {
    line,
    files,
    dags: dags.length,
    importErrors: Object.keys(errors).length,
    warnings: warnings.length,
    ...counted,
    faults,
  };
}

export function formatParsing(rows: ParseRow[]): string {
  const head = [
    'DAG folder parsed by Airflow',
    'files',
    'DAGs',
    'import errors',
    'warnings',
    'database connections',
    'network connections',
    'requests to Copydock',
    'holds',
  ];
  const cells = rows.map((row) => [
    row.line,
    row.files,
    row.dags,
    row.importErrors,
    row.warnings,
    row.databaseConnections,
    row.networkConnections,
    row.copydockRequests,
    sayHolds(row.faults),
  ]);
  return toMarkdown(head, cells);
}
