/** @typedef {import('./types.js').Caller} Caller */

const KEY_NAME = 'copydock-key';
const TIMEOUT_MS = 15_000;
/** A smaller difference is within what the Date header can tell. */
const CLOCK_TOLERANCE_MS = 5_000;

let clockOffsetMs = 0;

/** An answer that is no success; `code` and `hint` are the problem document's. */
export class ApiError extends Error {
  /** @param {number} status @param {{ code?: string, detail?: string, hint?: string }} problem */
  constructor(status, { code = '', detail = `The API answered ${status}.`, hint = '' }) {
    super(detail);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** The API's clock, where it differs from this browser's. */
export function serverNow() {
  return Date.now() + clockOffsetMs;
}

/** Kept until the tab is closed, and nowhere else. @param {string | null} key */
export function keepKey(key) {
  if (key === null) sessionStorage.removeItem(KEY_NAME);
  else sessionStorage.setItem(KEY_NAME, key);
}

export function hasKey() {
  return sessionStorage.getItem(KEY_NAME) !== null;
}

/**
 * Every request of the page goes through here. The key travels in a header and never in an address.
 *
 * @param {string} address
 * @param {RequestInit} [init]
 * @throws ApiError; TypeError or DOMException where the API was not reached
 */
export async function request(address, init = {}) {
  const headers = new Headers(init.headers);
  const key = sessionStorage.getItem(KEY_NAME);
  if (key !== null) headers.set('Authorization', `Bearer ${key}`);
  const response = await fetch(address, { cache: 'no-store', ...init, headers });
  followClock(response.headers.get('Date'));
  if (response.ok || response.status === 304) return response;
  throw new ApiError(response.status, await response.json().catch(() => ({})));
}

/** @param {string} address */
export async function readJson(address) {
  const response = await request(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  return response.json();
}

/** @param {string} address */
export async function post(address) {
  const response = await request(address, { method: 'POST', signal: AbortSignal.timeout(TIMEOUT_MS) });
  return response.json();
}

/** Pages that are asked for again and again: what is as it was costs one small answer. */
export class Pages {
  /** @type {Map<string, string>} */
  #etags = new Map();

  /** @param {string} address @returns {Promise<any>} null: as it was */
  async readChanged(address) {
    const etag = this.#etags.get(address);
    const headers = etag === undefined ? {} : { 'If-None-Match': etag };
    const response = await request(address, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status === 304) return null;
    const body = await response.json();
    if (this.#etags.size > 20) this.#etags.clear();
    this.#etags.set(address, response.headers.get('ETag') ?? '');
    return body;
  }
}

/** @param {string | null} date */
function followClock(date) {
  const offsetMs = Date.parse(date ?? '') - Date.now();
  if (Number.isFinite(offsetMs)) clockOffsetMs = Math.abs(offsetMs) > CLOCK_TOLERANCE_MS ? offsetMs : 0;
}
