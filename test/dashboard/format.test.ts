import t from 'tap';
import {
  formatAgo,
  formatAmount,
  formatBytes,
  formatSeconds,
  formatShort,
  formatTimeLeft,
} from '../../src/dashboard/public/format.js';

t.test('figures are written as people read them', async (t) => {
  const cases: [string, string][] = [
    [formatBytes(0), '0 B'],
    [formatBytes(4485), '4.4 KiB'],
    [formatBytes(64 * 1024 ** 2), '64 MiB'],
    [formatBytes(1.5 * 1024 ** 5), '1536 TiB'],
    [formatSeconds(0.0461), '46 ms'],
    [formatSeconds(9.94), '9.9 s'],
    [formatSeconds(59.4), '59 s'],
    [formatSeconds(59.6), '1 min 0 s'],
    [formatSeconds(464), '7 min 44 s'],
    [formatSeconds(3_599), '59 min'],
    [formatSeconds(3_600), '1 h 0 min'],
    [formatSeconds(7_500), '2 h 5 min'],
    [formatTimeLeft(4), 'a few seconds left'],
    [formatTimeLeft(61), 'about 60 s left'],
    [formatTimeLeft(150), 'about 3 min left'],
    [formatTimeLeft(9_000), 'about 2.5 h left'],
    [formatShort(9_999), '9,999'],
    [formatShort(34_800_000), '34.8M'],
    [formatAmount(1, 'row'), '1 row'],
    [formatAmount(1_234, 'row'), '1,234 rows'],
    [formatAgo(1_000, 0), 'just now'],
    [formatAgo(0, 59_000), '59 s ago'],
    [formatAgo(0, 3_600_000), '1 h ago'],
    [formatAgo(0, 200_000_000), '2 d ago'],
  ];
  for (const [written, expected] of cases) t.equal(written, expected);
});
