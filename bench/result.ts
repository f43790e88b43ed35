/** One line of the table, and one entry of the JSON. What a scenario does not measure is null. */
export interface Result {
  scenario: string;
  /** What the load was asked for and did: `direct`, or `picked: direct`. */
  strategy: string;
  seconds: number | null;
  rival: string | null;
  rival_seconds: number | null;
  /** Ours by the rival's: below 1 we are faster. */
  ratio: number | null;
  wal_ratio: number | null;
  rss_mib: number | null;
  rows: number;
  mb_per_s: number | null;
  /** Of the API and the worker, or of psql. */
  client_cpu_s: number | null;
  server_cpu_s: number | null;
  s3_cpu_s: number | null;
  wal_mb: number | null;
  rival_client_cpu_s: number | null;
  rival_server_cpu_s: number | null;
  rival_wal_mb: number | null;
  /** What the numbers above don't say; also why there are none. */
  note: string;
}

export function makeResult(known: Pick<Result, 'scenario' | 'strategy' | 'rows'> & Partial<Result>): Result {
  return { ...EMPTY, ...known };
}

const EMPTY: Omit<Result, 'scenario' | 'strategy' | 'rows'> = {
  seconds: null,
  rival: null,
  rival_seconds: null,
  ratio: null,
  wal_ratio: null,
  rss_mib: null,
  mb_per_s: null,
  client_cpu_s: null,
  server_cpu_s: null,
  s3_cpu_s: null,
  wal_mb: null,
  rival_client_cpu_s: null,
  rival_server_cpu_s: null,
  rival_wal_mb: null,
  note: '',
};
