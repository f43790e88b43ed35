/**
 * @typedef {import('./types.js').Load} Load
 * @typedef {{ atMs: number, rows: number, bytes: number }} Sample
 */

/** A rate is taken over this time. */
const SAMPLES_FOR_MS = 15_000;

/** All that the page shows, but for the loads. Changed by `update` only. */
export const state = {
  /** @type {import('./types.js').Address} */
  address: { view: 'overview', filters: { env: '', data_set: '', status: '' } },
  /** @type {'asking' | 'needed' | 'given'} */
  key: 'asking',
  /** @type {import('./types.js').Caller | null} */
  caller: null,
  /** @type {'connecting' | 'live' | 'polling' | 'offline'} */
  connection: 'connecting',
  /** Why the API was not reached, or what it refused. */
  problem: '',
  /** Whether the list was read once. */
  isRead: false,
  /** Whether the last day has more loads than are read. */
  isCut: false,
  /** @type {import('./types.js').Environment[]} those in which no load begins */
  paused: [],
  /** How many rows of the list are shown. */
  shown: 25,
  /** @type {{ id: string, lines: import('./types.js').LogLine[], isCut: boolean } | null} */
  log: null,
  logSearch: '',
  /** @type {{ id: string, rejected: number, items: import('./types.js').Reject[], next: string | null } | null} */
  rejects: null,
  /** @type {Load[]} loads of the same data set as the one that is shown, newest first */
  history: [],
  /** @type {{ id: string, detail: string } | null} a load that can't be shown */
  missing: null,
  /** @type {'cancel' | 'retry' | null} what is asked for confirmation */
  asking: null,
  isBusy: false,
  /** @type {{ text: string, isError: boolean } | null} what became of the last command */
  notice: null,
};

/** @type {Map<string, Load>} */
const loads = new Map();
/** @type {Map<string, Sample[]>} */
const samples = new Map();
let show = () => {};
let isDue = false;

/** @param {() => void} render called once after any number of changes */
export function onChange(render) {
  show = render;
}

/** @param {Partial<typeof state>} changes */
export function update(changes) {
  Object.assign(state, changes);
  refresh();
}

export function refresh() {
  if (isDue) return;
  isDue = true;
  queueMicrotask(() => {
    isDue = false;
    show();
  });
}

/** @param {string} id */
export function loadOf(id) {
  return loads.get(id);
}

/** Newest first. */
export function allLoads() {
  return [...loads.values()].sort((a, b) => b.load_order - a.load_order);
}

/** Takes what is newer than what is known: answers and events may overtake each other. @param {Load[]} news */
export function takeLoads(news) {
  for (const load of news) {
    const known = loads.get(load.id);
    if (known && isOlder(load, known)) continue;
    loads.set(load.id, load);
    sample(load);
  }
  if (news.length > 0) refresh();
}

/** @param {(load: Load) => boolean} isWanted */
export function keepLoads(isWanted) {
  for (const load of loads.values()) {
    if (isWanted(load)) continue;
    loads.delete(load.id);
    samples.delete(load.id);
  }
}

/** @param {string} id */
export function samplesOf(id) {
  return samples.get(id) ?? [];
}

/** @param {Load} one @param {Load} other */
function isOlder(one, other) {
  return one.attempt < other.attempt || (one.attempt === other.attempt && one.version < other.version);
}

/** @param {Load} load */
function sample({ id, progress, done }) {
  if (done || !progress) {
    samples.delete(id);
    return;
  }
  const atMs = performance.now();
  const taken = samplesOf(id).filter(
    (one) => one.rows <= progress.rows_read && atMs - one.atMs <= SAMPLES_FOR_MS,
  );
  const last = taken.at(-1);
  if (last?.rows !== progress.rows_read || last.bytes !== progress.bytes_read) {
    taken.push({ atMs, rows: progress.rows_read, bytes: progress.bytes_read });
  }
  samples.set(id, taken);
}
