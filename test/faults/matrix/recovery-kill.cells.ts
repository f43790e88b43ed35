import t from 'tap';
import { measureRecoveries } from './recovery.js';

measureRecoveries(t, 'killed', 10, async (t, { first }) => {
  first.kill('SIGKILL');
  const lostAt = performance.now();
  t.match(await first.exited, { signal: 'SIGKILL' });
  return { lostAt, check: async () => {} };
});
