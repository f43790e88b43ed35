import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, Body } from '../faults/harness/api-client.js';
import type { World } from '../faults/harness/world.js';
import type { Fleet } from './fleet.js';
import type { PlannedLoad } from './planned-load.js';
import { makeSource, sourcePrefix } from './source-file.js';

const ASK_AGAIN_MS = 250;
const REQUEST_TIMEOUT_MS = 15_000;

/** What a client knows of a load that it has submitted. */
export interface PlayedLoad {
  load: PlannedLoad;
  /** Every id that an answer named for it; of one key there may be only one. */
  ids: Set<string>;
  /** The answer that refused it for good. */
  refusal: Body | null;
  /** It was told that the load will stop, or has. */
  isCancelTaken: boolean;
  /** How the attempt ended that the cancel was for. */
  endAfterCancel: string | null;
}

/** Submits a load when its time has come, cancels and retries it as planned, and follows it to its end. */
export async function playLoad(
  world: World,
  fleet: Fleet,
  load: PlannedLoad,
  idPrefix: string,
  isOver: AbortSignal,
): Promise<PlayedLoad> {
  const played: PlayedLoad = {
    load,
    ids: new Set(),
    refusal: null,
    isCancelTaken: false,
    endAfterCancel: null,
  };
  const ask = (question: (client: ApiClient) => Promise<Body>, first: number) =>
    askUntilAnswered(fleet, question, first, isOver);
  await putSource(world, load, false);
  const submissions = load.submission === 'post_twice' ? [0, 1] : [0];
  const answers = await Promise.all(
    submissions.map((first) => ask((client) => submit(client, world, load, idPrefix), first)),
  );
  for (const answer of answers) {
    if (answer.id === undefined) played.refusal = answer;
    else played.ids.add(String(answer.id));
  }
  const [id] = played.ids;
  if (id === undefined) return played;
  if (load.cancelAfterMs !== null) {
    await sleep(load.cancelAfterMs);
    const { http, status } = await ask((client) => client.cancel(id), 0);
    played.isCancelTaken = http === 202 || status === 'cancelled';
  }
  let end = await waitUntilEnded(ask, id, isOver);
  played.endAfterCancel = load.cancelAfterMs === null ? null : end;
  for (let retries = 0; retries < load.retries && end !== 'succeeded'; retries += 1) {
    if (load.isMended) await putSource(world, load, true);
    await ask((client) => client.retry(id), retries);
    end = await waitUntilEnded(ask, id, isOver);
  }
  return played;
}

async function putSource(world: World, load: PlannedLoad, isMended: boolean): Promise<void> {
  for (const [key, body] of makeSource(load, isMended)) await world.put(sourcePrefix(load) + key, body);
}

function submit(client: ApiClient, world: World, load: PlannedLoad, idPrefix: string): Promise<Body> {
  const request = {
    load_type: load.kind === 'append' ? 'delta' : load.kind,
    data_set: load.dataSet,
    path: world.path(sourcePrefix(load)),
    labels: { tag: load.tag },
    ...(load.flaw === 'missing_table' ? { table: 'no_such_table' } : {}),
    ...(load.kind === 'append' ? { disposition: 'append' } : {}),
    ...(load.kind === 'full' ? { allow_shrink: true } : {}),
    ...(load.strategy === null ? {} : { commit_strategy: load.strategy }),
    ...(load.sampleRows === null ? {} : { sample_rows: load.sampleRows }),
  };
  if (load.submission === 'put') return client.putLoad(`${idPrefix}-${load.tag}`, request);
  return client.post(request, { 'Idempotency-Key': `${idPrefix}/${load.tag}` });
}

/** Asks one API after the other until one answers for good: an outage and a full queue are none. */
async function askUntilAnswered(
  fleet: Fleet,
  question: (client: ApiClient) => Promise<Body>,
  first: number,
  isOver: AbortSignal,
): Promise<Body> {
  for (let tries = first; !isOver.aborted; tries += 1) {
    const client = fleet.client(tries);
    const answer = client === null ? null : await answerOf(question(client));
    if (answer !== null && answer.http < 500 && answer.http !== 429) return answer;
    await sleep(ASK_AGAIN_MS);
  }
  return { http: 0, detail: 'the soak was over before an answer came' };
}

/** null: none came, as from a stopped process. */
async function answerOf(asked: Promise<Body>): Promise<Body | null> {
  const patience = new AbortController();
  const late = sleep(REQUEST_TIMEOUT_MS, null, { signal: patience.signal }).catch(() => null);
  const answer = await Promise.race([asked.catch(() => null), late]);
  patience.abort();
  return answer;
}

async function waitUntilEnded(
  ask: (question: (client: ApiClient) => Promise<Body>, first: number) => Promise<Body>,
  id: string,
  isOver: AbortSignal,
): Promise<string> {
  while (!isOver.aborted) {
    const answer = await ask((client) => client.get(`/v1/loads/${id}`), 0);
    if (answer.done === true) return String(answer.status);
    await sleep(ASK_AGAIN_MS);
  }
  return 'unfinished';
}
