import { ApiError, readJson } from './api.js';
import { readRejects } from './rejects.js';
import { loadOf, state, takeLoads, update } from './state.js';

const LOG_PAGE_SIZE = 1_000;
const MOST_LINES = 5_000;
const HISTORY = 30;

let isReading = false;
let isStale = false;
/** Attempt and version that the log was read for. */
let readFor = '';

/** Reads what only the page of one load shows: its log, its rejects, and the loads before it. Cheap when nothing changed. */
export function followLoad() {
  if (state.address.view !== 'load' || state.key !== 'given') return;
  if (state.log?.id !== state.address.id) {
    readFor = '';
    update({ log: null, logSearch: '', rejects: null, history: [], missing: null });
  }
  isStale = true;
  if (!isReading) void readWhileStale();
}

/** Called with every drawing: a changed load has new lines. */
export function followChanges() {
  if (state.address.view !== 'load' || isReading) return;
  const load = loadOf(state.address.id);
  if (load && versionOf(load) !== readFor) followLoad();
}

async function readWhileStale() {
  isReading = true;
  while (isStale && state.address.view === 'load') {
    isStale = false;
    await readDetails(state.address.id);
  }
  isReading = false;
}

/** @param {string} id */
async function readDetails(id) {
  const address = `/v1/loads/${encodeURIComponent(id)}`;
  try {
    if (!loadOf(id) || readFor === '') takeLoads([await readJson(address)]);
    const load = loadOf(id);
    if (!load) return;
    const version = versionOf(load);
    await readLog(id, address);
    const rejects = load.done ? await readRejects(id) : null;
    if (isShown(id)) update({ rejects });
    if (readFor === '' || load.done) await readHistory(load);
    if (isShown(id)) readFor = version;
  } catch (error) {
    const isGone = error instanceof ApiError && error.status !== 401 && error.status < 500;
    if (isGone && isShown(id)) update({ missing: { id, detail: `${error.message} ${error.hint}` } });
    else readFor = 'failed';
  }
}

/** From the last known line on. @param {string} id @param {string} address */
async function readLog(id, address) {
  const known = state.log?.id === id ? state.log.lines : [];
  const lines = [...known];
  let cursor = String(lines.at(-1)?.seq ?? 0);
  let isCut = lines.length >= MOST_LINES;
  while (!isCut) {
    const page = await readJson(`${address}/logs?limit=${LOG_PAGE_SIZE}&cursor=${cursor}`);
    lines.push(...page.items);
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
    isCut = lines.length >= MOST_LINES;
  }
  const isSame = state.log?.id === id && lines.length === known.length;
  if (isShown(id) && !isSame) update({ log: { id, lines, isCut } });
}

/** @param {import('./types.js').Load} load */
async function readHistory({ id, env, data_set: dataSet, target_table: table }) {
  const query = new URLSearchParams({ env, data_set: dataSet, table, limit: String(HISTORY) });
  const { items } = await readJson(`/v1/loads?${query}`);
  if (isShown(id)) update({ history: items });
}

/** @param {string} id */
function isShown(id) {
  return state.address.view === 'load' && state.address.id === id;
}

/** @param {import('./types.js').Load} load */
function versionOf({ attempt, version }) {
  return `${attempt}-${version}`;
}
