import type { LoadRequest } from './load.js';

const DEFAULT_TIMEOUT_S = 6 * 60 * 60;

/** How long an attempt of the load may take, pauses not counted. */
export function timeLimitMs({ timeout_s = DEFAULT_TIMEOUT_S }: Pick<LoadRequest, 'timeout_s'>): number {
  return timeout_s * 1000;
}
