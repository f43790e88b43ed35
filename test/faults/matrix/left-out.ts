import type { FaultName } from './faults/index.js';
import { MOMENTS, type Moment } from './moments.js';

/** Where a fault has no meaning of its own, and why. */
interface LeftOut {
  fault: FaultName;
  moments: readonly Moment[];
  reason: string;
}

const ALL = Object.keys(MOMENTS) as Moment[];

function except(...played: Moment[]): Moment[] {
  return ALL.filter((moment) => !played.includes(moment));
}

const NO_TARGET_YET = 'the target is not asked before the plan is made';
const ONLY_ANSWER = 'the same as the lost answer of COMMIT, in a row of its own';
const CLEAN_UP_GOES_ON =
  'the same as while cleaning: the failure is reported, and the clean-up is tried again';
const NO_REDIS =
  'Redis is not asked between the wake-up and the end; the moments that are played stand for all';
const NO_S3 = 'S3 is not asked at this moment';
const NO_SOURCE = 'the source is not read any more; before commit stands for all later moments';

export const LEFT_OUT: readonly LeftOut[] = [
  {
    fault: 'zombie_race',
    moments: except('copying', 'before_commit', 'after_commit'),
    reason: 'the row above has this moment; the race matters where both could commit',
  },
  {
    fault: 'cut_control',
    moments: ['commit_sent'],
    reason: 'nothing is asked of the control database while the target commits',
  },
  { fault: 'cut_target', moments: ['accepted'], reason: NO_TARGET_YET },
  { fault: 'cut_target', moments: ['commit_sent'], reason: ONLY_ANSWER },
  { fault: 'cut_target', moments: ['half_cleaned'], reason: CLEAN_UP_GOES_ON },
  { fault: 'cut_redis', moments: ['planned', 'copying', 'commit_sent', 'half_cleaned'], reason: NO_REDIS },
  {
    fault: 'cut_s3',
    moments: ['before_commit', 'commit_sent', 'after_commit', 'half_cleaned'],
    reason: NO_S3,
  },
  { fault: 'silent_target', moments: ['accepted'], reason: NO_TARGET_YET },
  { fault: 'silent_target', moments: ['commit_sent'], reason: ONLY_ANSWER },
  {
    fault: 'silent_target',
    moments: ['cleaning', 'half_cleaned'],
    reason: 'the same as a cut: it is reported, and the clean-up is tried again',
  },
  { fault: 'commit_answer_lost', moments: except('commit_sent'), reason: 'there is one COMMIT' },
  { fault: 'commit_answer_withheld', moments: except('commit_sent'), reason: 'there is one COMMIT' },
  {
    fault: 'control_answer_lost',
    moments: ['commit_sent', 'half_cleaned'],
    reason: 'nothing is written to the control database at this moment',
  },
  { fault: 'flush_redis', moments: ['commit_sent', 'half_cleaned'], reason: NO_REDIS },
  { fault: 'restart_redis', moments: ['commit_sent', 'half_cleaned'], reason: NO_REDIS },
  {
    fault: 'disk_full',
    moments: except('copying', 'before_commit'),
    reason: 'nothing large is written to the target at this moment; parts are staged and copied side by side',
  },
  {
    fault: 'disk_stays_full',
    moments: except('copying', 'before_commit'),
    reason: 'nothing large is written to the target at this moment; parts are staged and copied side by side',
  },
  ...(['s3_slow_down', 's3_reset'] as const).map((fault) => ({
    fault,
    moments: ['before_commit', 'commit_sent', 'after_commit', 'half_cleaned'] as const,
    reason: NO_S3,
  })),
  {
    fault: 's3_forbidden',
    moments: ['before_commit', 'commit_sent', 'after_commit', 'half_cleaned'],
    reason: NO_S3,
  },
  { fault: 's3_forbidden', moments: ['cleaning'], reason: 'a row of its own: S3 refuses the clean-up' },
  {
    fault: 's3_refuses_deletion',
    moments: except('cleaning'),
    reason: 'objects are deleted by the clean-up only',
  },
  ...(['source_changed', 'source_deleted'] as const).flatMap((fault) => [
    { fault, moments: ['accepted'] as const, reason: 'the plan pins what is there when it is made' },
    {
      fault,
      moments: ['copying'] as const,
      reason: 'the same as while staging: parts are staged and copied side by side',
    },
    {
      fault,
      moments: ['commit_sent', 'after_commit', 'cleaning', 'half_cleaned'] as const,
      reason: NO_SOURCE,
    },
  ]),
  {
    fault: 'staged_object_lost',
    moments: except('copying', 'before_commit'),
    reason:
      'staged objects are read back by a worker that goes on with a direct load, and where the staging table was lost',
  },
];
