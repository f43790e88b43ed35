import t from 'tap';
import { decideRetryMs, type Fault, parseRetryAfterMs } from '../../src/webhooks/retry.js';

const HOUR_MS = 3_600_000;
const FAULT: Fault = { detail: 'answered 500', status: 500, retryAfterMs: null };

function delaysOf(fault: Fault, random: number): (number | null)[] {
  return Array.from({ length: 9 }, (_, index) => decideRetryMs(fault, index + 1, random));
}

t.test('deliveries are tried ever more rarely for a day, then no more', async (t) => {
  const delays = delaysOf(FAULT, 0);
  t.equal(delays[0], 5_000);
  t.equal(delays.at(-1), null);
  const tried = delays.slice(0, -1).map(Number);
  t.same(
    tried,
    [...tried].sort((a, b) => a - b),
  );
  const totalMs = tried.reduce((sum, delay) => sum + delay);
  t.ok(totalMs > 23 * HOUR_MS && totalMs < 25 * HOUR_MS, `${totalMs / HOUR_MS} hours`);
});

t.test('events that failed together come back apart', async (t) => {
  t.equal(decideRetryMs(FAULT, 3, 0), 300_000);
  t.equal(decideRetryMs(FAULT, 3, 1), 330_000);
});

t.test('410 ends it at once, other answers do not', async (t) => {
  t.equal(decideRetryMs({ ...FAULT, status: 410 }, 1, 0), null);
  for (const status of [301, 400, 401, 404, 500, null])
    t.equal(decideRetryMs({ ...FAULT, status }, 1, 0), 5_000);
});

t.test('a receiver that asks for time gets it, up to a day', async (t) => {
  for (const status of [429, 503]) {
    t.equal(decideRetryMs({ ...FAULT, status, retryAfterMs: 60_000 }, 1, 0), 60_000);
    t.equal(
      decideRetryMs({ ...FAULT, status, retryAfterMs: 1_000 }, 1, 0),
      5_000,
      'never sooner than by itself',
    );
    t.equal(decideRetryMs({ ...FAULT, status, retryAfterMs: 1e12 }, 1, 0), 24 * HOUR_MS);
  }
  t.equal(decideRetryMs({ ...FAULT, status: 500, retryAfterMs: 60_000 }, 1, 0), 5_000);
});

t.test('Retry-After is read as seconds or as a date', async (t) => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  t.equal(parseRetryAfterMs('120', now), 120_000);
  t.equal(parseRetryAfterMs('Mon, 23 Nov 2026 12:01:00 GMT', now), 60_000);
  t.equal(parseRetryAfterMs('Mon, 23 Nov 2026 11:00:00 GMT', now), 0);
  for (const header of [undefined, '', 'soon', '-5']) t.equal(parseRetryAfterMs(header, now), null);
});
