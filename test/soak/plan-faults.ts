import type { Random } from './random.js';

const MEAN_GAP_MS = 1_500;
/** The first loads are under way by then. */
const FIRST_AT_MS = 1_000;

const WEIGHTS = {
  kill_worker: 3,
  kill_worker_at_step: 5,
  stop_worker_at_step: 4,
  stop_worker: 2,
  terminate_worker: 2,
  kill_api: 1,
  cut: 4,
  refuse: 3,
  delay: 2,
  black_hole: 3,
  swallow_commit: 4,
  silence_commit: 2,
  cut_before_commit: 2,
  hold_commit: 2,
  lose_control_answer: 4,
  wipe_queue: 2,
  restart_redis: 1,
  restart_target: 2,
  restart_control: 1,
  s3_slow_down: 2,
  s3_reset_body: 3,
  s3_lose_answer: 2,
  s3_forbidden: 1,
};

export type FaultKind = keyof typeof WEIGHTS;

export const PLACES = ['control', 'target', 'redis', 's3'] as const;
export type Place = (typeof PLACES)[number];

/** As src/worker/steps.ts names them. */
const STEPS = [
  'claimed',
  'planned',
  'part_cut',
  'part_staged',
  'part_copied',
  'copying',
  'committing',
  'applied',
  'committed',
  'finished',
  'cleaning',
  'objects_removed',
  'cleaned',
];

/** A fault as the seed has it. What it does not need is drawn all the same, so that the draws stay in step. */
export interface PlannedFault {
  atMs: number;
  kind: FaultKind;
  /** Which of the workers or APIs, modulo their number. */
  victim: number;
  place: Place;
  step: string;
  /** For how long; a stop past the lease is `isLong`. */
  durationMs: number;
  isLong: boolean;
  times: number;
}

/** The same for the same seed and duration. On PostgreSQL there is no Redis to break. */
export function planFaults(random: Random, durationMs: number, hasRedis: boolean): PlannedFault[] {
  const faults: PlannedFault[] = [];
  let atMs = FIRST_AT_MS;
  for (;;) {
    atMs += random.int(0, 2 * MEAN_GAP_MS);
    if (atMs >= durationMs) return faults;
    const fault = planFault(random.fork(`fault ${faults.length}`), atMs);
    faults.push(hasRedis ? fault : withoutRedis(fault));
  }
}

function planFault(random: Random, atMs: number): PlannedFault {
  return {
    atMs,
    kind: random.weighted(WEIGHTS),
    victim: random.int(0, 1_000),
    place: random.pick(PLACES),
    step: random.pick(STEPS),
    durationMs: random.int(300, 4_000),
    isLong: random.chance(0.7),
    times: random.int(1, 8),
  };
}

function withoutRedis({ kind, place, ...rest }: PlannedFault): PlannedFault {
  return {
    ...rest,
    kind: kind === 'restart_redis' ? 'wipe_queue' : kind,
    place: place === 'redis' ? 'control' : place,
  };
}
