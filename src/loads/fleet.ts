/** What all processes together have before them, as the control database and the queue know it. */
export interface Fleet {
  /** Loads that have not ended. `oldestSeconds`: since the oldest of them was accepted. */
  unfinished: { env: string; status: string; waitingFor: string; loads: number; oldestSeconds: number }[];
  /** Loads that ended within the last hour, wherever they did. */
  ended: { env: string; status: string; loads: number }[];
  /** Live workers by environment. */
  workers: { env: string; workers: number }[];
  /** Environments in which no load begins. */
  paused: string[];
  /** Plans whose staged objects or staging table are still to be removed. */
  uncleanPlans: number;
  /** Ends of loads that are still to be told. `oldestSeconds`: since the oldest of them. */
  undelivered: { env: string; events: number; oldestSeconds: number }[];
  /** Wake-ups in the queue; none where the queue does not answer. */
  queue: { env: string; state: string; jobs: number }[];
}
