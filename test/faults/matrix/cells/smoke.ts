import { type Cell, cells } from '../cell.js';

/** One of each kind, for the queue that lives in the control database. */
export const SMOKE: readonly Cell[] = [
  ...cells('kill', ['accepted', 'staging', 'before_commit', 'commit_sent', 'cleaning'], 'succeeded'),
  ...cells('zombie', ['copying', 'before_commit'], 'succeeded'),
  ...cells('terminate', ['copying'], 'succeeded'),
  ...cells('cancel', ['copying'], 'cancelled'),
  ...cells('cut_control', ['accepted', 'copying'], 'succeeded'),
  ...cells('cut_target', ['copying'], 'succeeded'),
  ...cells('commit_answer_lost', ['commit_sent'], 'succeeded'),
  ...cells('control_answer_lost', ['after_commit'], 'succeeded'),
  ...cells('crash_control', ['accepted', 'copying', 'after_commit'], 'succeeded'),
  ...cells('crash_target', ['copying', 'before_commit'], 'succeeded'),
  ...cells('s3_slow_down', ['staging'], 'succeeded'),
  ...cells('source_changed', ['planned'], { failed: 'source_object_changed' }),
];
