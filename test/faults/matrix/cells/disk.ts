import { type Cell, cells } from '../cell.js';

export const DISK: readonly Cell[] = [
  ...cells('disk_full', ['copying', 'before_commit'], 'succeeded'),
  ...cells('disk_stays_full', ['copying', 'before_commit'], { failed: 'target_full' }),
];
