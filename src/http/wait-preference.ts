/** Proxies and clients commonly give up after a minute. */
export const MAX_WAIT_S = 50;

export interface WaitPreference {
  seconds: number;
  /** Whether it came as `Prefer: wait=`, which is to be confirmed. */
  preferred: boolean;
}

/** The query outranks the header; a Prefer that is not understood is ignored, as RFC 7240 says. */
export function readWaitPreference(query: number | undefined, prefer: string | undefined): WaitPreference {
  if (query !== undefined) return { seconds: Math.min(query, MAX_WAIT_S), preferred: false };
  const asked = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?(?=\s*(?:[,;]|$))/i.exec(prefer ?? '')?.[1];
  return asked === undefined
    ? { seconds: 0, preferred: false }
    : { seconds: Math.min(Number(asked), MAX_WAIT_S), preferred: true };
}
