import t from 'tap';
import { createLogger, hideUrlCredentials } from '../src/logger.js';

function logInto(lines: string[], level = 'info') {
  return createLogger(level, { write: (line: string) => void lines.push(line) });
}

t.test('a line is JSON with time, level by name and message', async (t) => {
  const lines: string[] = [];
  logInto(lines).info({ load: 'l1' }, 'accepted');
  t.match(JSON.parse(lines[0] ?? ''), {
    level: 'info',
    service: 'copydock',
    load: 'l1',
    msg: 'accepted',
    time: /^\d{4}-/,
  });
});

t.test('the level decides what is written', async (t) => {
  const lines: string[] = [];
  const logger = logInto(lines, 'warn');
  logger.info('quiet');
  logger.warn('loud');
  t.equal(lines.length, 1);
});

t.test('no secret reaches a line', async (t) => {
  const lines: string[] = [];
  const logger = logInto(lines);
  const url = 'postgres://loader:hidden@host:5432/db?sslmode=require';
  logger.info({ url, nested: { url } }, `connecting to ${url}`);
  logger.error(new Error(`no answer from redis://default:hidden@cache:6379, rediss://:hidden@cache`));
  logger.info(
    { req: { headers: { authorization: 'Bearer hidden', 'x-api-key': 'hidden', host: 'h' } } },
    'request',
  );
  logger.info(
    { headers: { authorization: 'Basic hidden', 'x-api-key': 'hidden' }, password: 'hidden' },
    'headers',
  );
  logger.info({ client: { password: 'hidden', secretAccessKey: 'hidden' } }, 'client');
  logger.info('postgres://host/db?user=a&password=hidden&x=1');
  t.notMatch(lines.join(''), /hidden/);
  t.match(lines[0], /postgres:\/\/\[redacted\]@host:5432\/db\?sslmode=require/);
  t.equal(lines.length, 6);
});

t.test('text without credentials stays as it is', async (t) => {
  for (const text of [
    's3a://bucket/tmp/postgres-copy/a@b:c/',
    'postgres://host:5432/db',
    'mail a:b@c',
    'http://[::1]:80/@',
  ]) {
    t.equal(hideUrlCredentials(text), text);
  }
});
