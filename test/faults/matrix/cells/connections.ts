import { type Cell, cells } from '../cell.js';

export const CUT: readonly Cell[] = [
  ...cells(
    'cut_control',
    [
      'accepted',
      'planned',
      'staging',
      'copying',
      'before_commit',
      'after_commit',
      'cleaning',
      'half_cleaned',
    ],
    'succeeded',
  ),
  ...cells(
    'cut_target',
    ['planned', 'staging', 'copying', 'before_commit', 'after_commit', 'cleaning'],
    'succeeded',
  ),
  ...cells('cut_target', ['copying', 'before_commit'], 'succeeded', 'direct'),
  ...cells('cut_redis', ['accepted', 'staging', 'before_commit', 'after_commit', 'cleaning'], 'succeeded'),
  ...cells('cut_s3', ['accepted', 'planned', 'staging', 'copying', 'cleaning'], 'succeeded'),
  ...cells('cut_s3', ['copying'], 'succeeded', 'direct'),
];

export const LOST_ANSWERS: readonly Cell[] = [
  ...cells('commit_answer_lost', ['commit_sent'], 'succeeded'),
  ...cells('commit_answer_lost', ['commit_sent'], 'succeeded', 'direct'),
  ...cells('commit_answer_lost', ['commit_sent'], 'succeeded', 'append'),
  ...cells('commit_answer_withheld', ['commit_sent'], 'succeeded'),
  ...cells(
    'control_answer_lost',
    ['accepted', 'planned', 'staging', 'copying', 'before_commit', 'after_commit', 'cleaning'],
    'succeeded',
  ),
];

export const SILENCE: readonly Cell[] = [
  ...cells('silent_target', ['planned', 'staging', 'copying', 'before_commit', 'after_commit'], 'succeeded'),
  ...cells('silent_target', ['copying'], 'succeeded', 'direct'),
];
