/** Seconds from one delivery to the next: nine deliveries within a day. */
const DELAYS_S = [5, 30, 300, 1_800, 7_200, 18_000, 28_800, 28_800];
/** Up to so much longer, so that events that failed together do not come back together. */
const JITTER = 0.1;
/** A receiver that asks for more time than this does not get it. */
const LONGEST_RETRY_AFTER_MS = 86_400_000;
const GONE = 410;
const ASKS_FOR_TIME = [429, 503];

export interface Fault {
  /** For people; it never shows more of the address than its host. */
  detail: string;
  /** null: there was no answer. */
  status: number | null;
  retryAfterMs: number | null;
}

/** When to deliver again, after so many deliveries; null: never. `random`: 0 to 1. */
export function decideRetryMs(fault: Fault, deliveries: number, random: number): number | null {
  const delayS = DELAYS_S[deliveries - 1];
  if (fault.status === GONE || delayS === undefined) return null;
  const delayMs = Math.round(delayS * 1_000 * (1 + JITTER * random));
  if (!ASKS_FOR_TIME.includes(fault.status ?? 0) || fault.retryAfterMs === null) return delayMs;
  return Math.max(delayMs, Math.min(fault.retryAfterMs, LONGEST_RETRY_AFTER_MS));
}

/** Seconds or an HTTP date (RFC 9110, section 10.2.3); null: neither. */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const at = header.endsWith('GMT') ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
