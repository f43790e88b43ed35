import { type Cell, cells } from '../cell.js';
import type { Moment } from '../moments.js';

const WHILE_RUNNING: readonly Moment[] = [
  'accepted',
  'planned',
  'staging',
  'copying',
  'before_commit',
  'commit_sent',
  'after_commit',
  'cleaning',
  'half_cleaned',
];

export const POSTGRES: readonly Cell[] = [
  ...cells('crash_target', WHILE_RUNNING, 'succeeded'),
  ...cells('crash_target', ['copying'], 'succeeded', 'direct'),
  ...cells('crash_control', WHILE_RUNNING, 'succeeded'),
];

export const REDIS: readonly Cell[] = [
  ...cells(
    'flush_redis',
    ['accepted', 'planned', 'staging', 'copying', 'before_commit', 'after_commit', 'cleaning'],
    'succeeded',
  ),
  ...cells(
    'restart_redis',
    ['accepted', 'planned', 'staging', 'copying', 'before_commit', 'after_commit', 'cleaning'],
    'succeeded',
  ),
];
