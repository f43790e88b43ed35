import type { ApiClient, Body } from '../faults/harness/api-client.js';
import type { Litter } from '../faults/harness/litter.js';
import type { World } from '../faults/harness/world.js';
import type { Fleet } from './fleet.js';
import { SAMPLE_SCOPE } from './planned-load.js';
import type { PlayedLoad } from './play-load.js';
import type { Sightings } from './reader.js';

/** A load as the control database has it. */
export interface ControlLoad {
  id: string;
  tag: string;
  order: number;
  status: string;
  attempt: number;
  errorCode: string | null;
  receipt: Receipt | null;
  isLeased: boolean;
}

export type Receipt = Record<
  | 'read'
  | 'loaded'
  | 'rejected'
  | 'deduplicated'
  | 'filtered'
  | 'inserted'
  | 'updated'
  | 'unchanged'
  | 'deleted',
  number
>;

/** A row of the target's committed_loads, and the transactions that wrote it, which should be one. */
export interface Committed {
  id: string;
  order: number;
  token: number;
  scope: string;
  receipt: Receipt;
  transaction: string;
}

export interface Fence {
  scope: string;
  token: number;
  lastOrder: number;
  lastLoad: string | null;
}

/** What all the parties say after the end; checks compare it, and ask nobody else. */
export interface Facts {
  played: PlayedLoad[];
  loads: ControlLoad[];
  committed: Committed[];
  fences: Fence[];
  /** Which transactions wrote rows of a load. */
  writers: { load: string; transaction: string; rows: number }[];
  /** By scope, the rows as `load:line` by id. */
  tables: Map<string, { id: string; mark: string }[]>;
  sightings: Sightings;
  litter: Litter & { jobs: number; uncleanPlans: number };
  /** By load, what each API says of it. */
  answers: Map<string, { status: Body; gate: Body; settled: Body }[]>;
  processFaults: string[];
}

type Told = Pick<Facts, 'played' | 'sightings' | 'litter' | 'processFaults'>;

export async function collectFacts(world: World, fleet: Fleet, told: Told): Promise<Facts> {
  const loads = (await world.inControl(
    `SELECT id, request->'labels'->>'tag' AS tag, load_order::float8 AS "order", status, attempt,
            error->>'code' AS "errorCode", receipt, coalesce(lease_expires_at > now(), false) AS "isLeased"
       FROM copydock.loads ORDER BY load_order`,
  )) as unknown as ControlLoad[];
  const committed = (await world.inTarget(
    `SELECT load_id AS id, load_order::float8 AS "order", token::float8 AS token, replace(scope, 'public.', '') AS scope,
            receipt, coalesce((SELECT string_agg(transaction, ',') FROM recorded_by r WHERE r.load_id = c.load_id), 'none') AS transaction
       FROM copydock.committed_loads c ORDER BY scope, token`,
  )) as unknown as Committed[];
  const fences = (await world.inTarget(
    `SELECT replace(scope, 'public.', '') AS scope, token::float8 AS token, last_order::float8 AS "lastOrder",
            last_load AS "lastLoad" FROM copydock.fences`,
  )) as unknown as Fence[];
  const writers = (await world.inTarget(
    'SELECT load, transaction, sum(rows)::float8 AS rows FROM written_by GROUP BY 1, 2',
  )) as unknown as Facts['writers'];
  return {
    ...told,
    loads,
    committed,
    fences,
    writers,
    tables: await readTables(world),
    answers: await askApis(fleet, loads),
  };
}

async function readTables(world: World): Promise<Facts['tables']> {
  const tables: Facts['tables'] = new Map();
  const read = async (scope: string, table: string) => {
    const rows = await world.inTarget(
      `SELECT ${scope} AS scope, id::text AS id, load || ':' || line AS mark FROM ${table}`,
    );
    for (const { scope, id, mark } of rows) {
      const name = String(scope);
      tables.set(name, [...(tables.get(name) ?? []), { id: String(id), mark: String(mark) }]);
    }
  };
  await read("'entity/' || dataset", 'entity');
  await read("'whole/*'", 'whole');
  await read("'journal/*'", 'journal');
  const [sample] = await world.inTarget("SELECT to_regclass('whole_sample') IS NOT NULL AS exists");
  if (sample?.exists === true) await read(`'${SAMPLE_SCOPE}'`, 'whole_sample');
  return tables;
}

async function askApis(fleet: Fleet, loads: readonly ControlLoad[]): Promise<Facts['answers']> {
  const clients = fleet.apis.map((_, index) => fleet.client(index)).filter((client) => client !== null);
  const answers: Facts['answers'] = new Map();
  for (const { id } of loads) {
    answers.set(id, await Promise.all(clients.map((client) => askApi(client, id))));
  }
  return answers;
}

async function askApi(client: ApiClient, id: string) {
  const [status, gate, settled] = await Promise.all(
    ['', '/gate', '/settled'].map((path) => client.get(`/v1/loads/${id}${path}`)),
  );
  return { status: status ?? {}, gate: gate ?? {}, settled: settled ?? {} };
}
