import { serverNow } from './api.js';
import { samplesOf } from './state.js';

/** @typedef {import('./types.js').Load} Load */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** A rate over less than this says little. */
const SHORTEST_MS = 1_500;

/** @param {string | null} time */
export function toMs(time) {
  return time === null ? Number.NaN : Date.parse(time);
}

/** How much of the source is read, from 0 to 1. Headers are not counted as read. @param {Load} load */
export function shareDone({ progress, status, receipt }) {
  if (status === 'committing' || receipt) return 1;
  if (!progress || progress.source_bytes === 0) return 0;
  return Math.min(1, progress.bytes_read / progress.source_bytes);
}

/**
 * Rows and bytes a second: of the last seconds where those are known, else since the load began.
 *
 * @param {Load} load
 */
export function rateOf(load) {
  const { progress } = load;
  if (load.done || !progress) return null;
  const [first] = samplesOf(load.id);
  const spanMs = first ? performance.now() - first.atMs : 0;
  if (first && spanMs >= SHORTEST_MS && progress.rows_read > first.rows) {
    const seconds = spanMs / 1000;
    return {
      rows: (progress.rows_read - first.rows) / seconds,
      bytes: (progress.bytes_read - first.bytes) / seconds,
    };
  }
  const seconds = (serverNow() - toMs(load.started_at)) / 1000;
  if (!(seconds > 0.5) || progress.rows_read === 0) return null;
  return { rows: progress.rows_read / seconds, bytes: progress.bytes_read / seconds };
}

/** Seconds until the source is read; null where that can't be told. @param {Load} load */
export function secondsLeft(load) {
  const rate = rateOf(load);
  if (!rate || !load.progress || rate.bytes <= 0 || shareDone(load) === 1) return null;
  const bytesLeft = load.progress.source_bytes - load.progress.bytes_read;
  return bytesLeft > 0 ? bytesLeft / rate.bytes : null;
}

/** Of the attempt, until now where it still runs. @param {Load} load */
export function durationSeconds(load) {
  if (load.receipt) return load.receipt.seconds.total;
  const endMs = load.finished_at === null ? serverNow() : toMs(load.finished_at);
  return Math.max(0, (endMs - toMs(load.attempt_at)) / 1000);
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? 0;
  return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Whether a load is within the last day, or not finished. @param {Load} load */
export function isOfLastDay(load) {
  return !load.done || toMs(load.finished_at) >= serverNow() - DAY_MS;
}
