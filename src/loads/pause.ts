/** Why no load of an environment begins. */
export interface Pause {
  env: string;
  /** ISO 8601. */
  pausedAt: string;
  /** The name of the API key, or `command-line`. */
  pausedBy: string;
  reason: string | null;
}

export interface PauseRequest {
  env: string;
  by: string;
  reason: string | null;
}

/** What a load that has not begun waits for. */
export function describePause({ env, pausedAt, pausedBy, reason }: Pause): string {
  return `${env} is paused since ${pausedAt} by ${pausedBy}${reason === null ? '' : `: ${reason}`}`;
}
