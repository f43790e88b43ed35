import { type Cell, cells } from '../cell.js';
import type { Moment } from '../moments.js';

const EVERY_MOMENT: readonly Moment[] = [
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

export const KILL: readonly Cell[] = [
  ...cells('kill', EVERY_MOMENT, 'succeeded'),
  ...cells('kill', ['copying', 'before_commit'], 'succeeded', 'direct'),
  ...cells('kill', ['before_commit', 'commit_sent'], 'succeeded', 'append'),
];

export const ZOMBIE: readonly Cell[] = [
  ...cells('zombie', EVERY_MOMENT, 'succeeded'),
  ...cells('zombie', ['copying', 'before_commit'], 'succeeded', 'direct'),
  ...cells('zombie', ['before_commit', 'commit_sent'], 'succeeded', 'append'),
];

export const RACE: readonly Cell[] = [
  ...cells('zombie_race', ['copying', 'before_commit', 'after_commit'], 'succeeded'),
  ...cells('zombie_race', ['before_commit'], 'succeeded', 'direct'),
  ...cells('zombie_race', ['before_commit'], 'succeeded', 'append'),
];

export const TERMINATE: readonly Cell[] = [
  ...cells('terminate', EVERY_MOMENT, 'succeeded'),
  ...cells('terminate', ['copying'], 'succeeded', 'direct'),
];

/** The step to committing decides: a cancel wins before it and loses after it. */
export const CANCEL: readonly Cell[] = [
  ...cells('cancel', ['accepted', 'planned', 'staging', 'copying'], 'cancelled'),
  ...cells('cancel', ['copying'], 'cancelled', 'direct'),
  ...cells(
    'cancel',
    ['before_commit', 'commit_sent', 'after_commit', 'cleaning', 'half_cleaned'],
    'succeeded',
  ),
];
