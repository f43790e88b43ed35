import { type Cell, cells } from '../cell.js';

export const S3: readonly Cell[] = [
  ...cells('s3_slow_down', ['accepted', 'planned', 'staging', 'cleaning'], 'succeeded'),
  ...cells('s3_slow_down', ['copying'], 'succeeded', 'direct'),
  ...cells('s3_reset', ['accepted', 'planned', 'staging', 'cleaning'], 'succeeded'),
  ...cells('s3_reset', ['copying'], 'succeeded', 'direct'),
  ...cells('s3_forbidden', ['accepted', 'planned'], { failed: 'source_access_denied' }),
  ...cells('s3_forbidden', ['staging'], { failed: 'staging_access_denied' }),
  ...cells('s3_forbidden', ['copying'], { failed: 'staging_access_denied' }, 'direct'),
  ...cells('s3_refuses_deletion', ['cleaning'], 'succeeded'),
];

export const SOURCE: readonly Cell[] = [
  ...cells('source_changed', ['planned', 'staging'], { failed: 'source_object_changed' }),
  ...cells('source_changed', ['before_commit'], 'succeeded'),
  ...cells('source_deleted', ['planned', 'staging'], { failed: 'source_object_changed' }),
  ...cells('source_deleted', ['before_commit'], 'succeeded'),
  ...cells('staged_object_lost', ['copying'], 'succeeded', 'direct'),
  ...cells('staged_object_lost', ['before_commit'], 'succeeded'),
];
