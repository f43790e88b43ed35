import { ApiError, Pages, readJson, serverNow } from './api.js';
import { follow } from './events.js';
import { DAY_MS, HOUR_MS, isOfLastDay } from './figures.js';
import { contradictsPauses, readPauses } from './pauses.js';
import { allLoads, keepLoads, refresh, state, takeLoads, update } from './state.js';

/** @typedef {import('./types.js').Load} Load */

const PAGE_SIZE = 200;
/** The last day is read up to so many pages. */
const MOST_PAGES = 5;
const POLL_MS = 3_000;
/** While events come, the list is read again now and then: that no worker lives is no event, nor is a pause. */
const CHECK_MS = 30_000;
const RECONNECT_MS = 5_000;

let pages = new Pages();
/** The address of which every page was read. */
let wholeAddress = '';
let isStreaming = false;
let session = new AbortController();
let wake = () => {};

/** Keeps the loads fresh from now on: by events, and by polling where those don't come. Again after a new key. */
export function goLive() {
  session.abort();
  session = new AbortController();
  pages = new Pages();
  wholeAddress = '';
  const { signal } = session;
  void pollForever(signal);
  void followForever(signal);
}

/** A hidden page asks for nothing: browsers allow few connections to one server. */
export function pause() {
  session.abort();
}

/** Reads the list now rather than in a while. */
export function readSoon() {
  wake();
}

/** @param {AbortSignal} signal */
async function followForever(signal) {
  while (!signal.aborted) {
    try {
      await follow('/v1/events', { onOpen: openStream, onEvent: takeEvent, signal });
    } catch (error) {
      if (isRefused(error)) refuseKey();
    }
    if (signal.aborted) return;
    isStreaming = false;
    wake();
    await pauseFor(RECONNECT_MS, signal);
  }
}

function openStream() {
  isStreaming = true;
  wake();
}

/** @param {string} name @param {Load} data */
function takeEvent(name, data) {
  if (name === 'load') takeLoads([data]);
  if (name === 'missed' || contradictsPauses(data)) wake();
}

/** @param {AbortSignal} signal */
async function pollForever(signal) {
  while (!signal.aborted) {
    await readLoads(signal);
    const waitMs = isStreaming && state.connection === 'live' ? CHECK_MS : POLL_MS;
    await Promise.race([
      pauseFor(waitMs, signal),
      new Promise((resolve) => {
        wake = () => resolve(undefined);
      }),
    ]);
  }
}

/** @param {AbortSignal} signal */
async function readLoads(signal) {
  try {
    await Promise.all([readLastDay(), readUnfinished(), readPauses()]);
    if (signal.aborted) return;
    keepLoads((load) => isOfLastDay(load) || isShown(load));
    update({ isRead: true, problem: '', connection: isStreaming ? 'live' : 'polling' });
  } catch (error) {
    if (signal.aborted) return;
    if (isRefused(error)) refuseKey();
    else update({ connection: 'offline', problem: explain(error) });
  }
}

/** All pages at first; afterwards the newest: what still changes on the others is unfinished, and read as such. */
async function readLastDay() {
  const first = `${listAddress()}&from=${new Date(lastFullHour() - DAY_MS).toISOString()}`;
  const page = await pages.readChanged(first);
  if (page === null) return;
  takeLoads(page.items);
  if (first === wholeAddress) return;
  let cursor = page.next_cursor;
  for (let read = 1; cursor !== null && read < MOST_PAGES; read += 1) {
    const next = await readJson(`${first}&cursor=${cursor}`);
    takeLoads(next.items);
    cursor = next.next_cursor;
  }
  wholeAddress = first;
  update({ isCut: cursor !== null });
}

async function readUnfinished() {
  const page = await pages.readChanged(`${listAddress()}&done=false`);
  if (page === null) return;
  takeLoads(page.items);
  if (page.next_cursor !== null) return;
  const unfinished = new Set(page.items.map((/** @type {Load} */ { id }) => id));
  const ended = allLoads().filter((load) => !load.done && matchesAddress(load) && !unfinished.has(load.id));
  await Promise.all(ended.map((load) => readAgain(load)));
}

/** @param {Load} load */
async function readAgain(load) {
  try {
    takeLoads([await readJson(load.status_url)]);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    keepLoads(({ id }) => id !== load.id);
    refresh();
  }
}

function listAddress() {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (state.address.view === 'overview') {
    const { env, data_set: dataSet } = state.address.filters;
    if (env) query.set('env', env);
    if (dataSet) query.set('data_set', dataSet);
  }
  return `/v1/loads?${query}`;
}

/** @param {Load} load */
function matchesAddress({ env, data_set: dataSet }) {
  if (state.address.view !== 'overview') return true;
  const { filters } = state.address;
  return (!filters.env || filters.env === env) && (!filters.data_set || filters.data_set === dataSet);
}

/** @param {Load} load */
function isShown({ id }) {
  return state.address.view === 'load' && state.address.id === id;
}

/** An address that stays the same for an hour, so that its ETag is of use. */
function lastFullHour() {
  return Math.floor(serverNow() / HOUR_MS) * HOUR_MS;
}

/** @param {unknown} error */
function isRefused(error) {
  return error instanceof ApiError && error.status === 401;
}

function refuseKey() {
  pause();
  keepLoads(() => false);
  update({ key: 'needed', caller: null, paused: [], problem: 'The API key is no longer valid.' });
}

/** @param {unknown} error */
function explain(error) {
  return error instanceof ApiError ? error.message : 'The API was not reached.';
}

/** @param {number} durationMs @param {AbortSignal} signal @returns {Promise<void>} */
function pauseFor(durationMs, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
