import t from 'tap';
import { toDatabaseUrl } from '../../src/secrets/database-secret.js';

const secret = {
  username: 'loader',
  password: 'p@ss/w:rd?#%',
  host: 'db.example.org',
  port: 5433,
  db_name: 'entities',
};

t.test('a secret becomes the URL of its database, whatever characters the password has', (t) => {
  const url = new URL(toDatabaseUrl('/db', JSON.stringify(secret), 'sslmode=verify-full'));
  t.equal(decodeURIComponent(url.password), secret.password);
  t.equal(url.username, 'loader');
  t.equal(url.host, 'db.example.org:5433');
  t.equal(url.pathname, '/entities');
  t.equal(url.search, '?sslmode=verify-full');
  t.end();
});

t.test("RDS's own secrets say dbname, and may leave out the port", (t) => {
  const { db_name: dbname, port: _, ...rest } = secret;
  const url = new URL(toDatabaseUrl('/db', JSON.stringify({ ...rest, dbname, engine: 'postgres' }), ''));
  t.equal(url.pathname, '/entities');
  t.equal(url.port, '5432');
  t.end();
});

t.test('what is wrong is named, and no value is shown', (t) => {
  for (const [text, why] of [
    ['not json p@ss', 'it is not JSON'],
    ['"p@ss"', 'it is not a JSON object'],
    ['null', 'it is not a JSON object'],
    [JSON.stringify({ ...secret, username: undefined }), 'it lacks username'],
    [JSON.stringify({ ...secret, password: '' }), 'it lacks password'],
    [JSON.stringify({ ...secret, db_name: undefined }), 'it lacks db_name or dbname'],
    [JSON.stringify({ ...secret, port: 'p@ss' }), 'its port is not a number'],
  ] as const) {
    try {
      toDatabaseUrl('/db', text, '');
      t.fail(why);
    } catch (error) {
      t.match(error, { code: 'target_secret_invalid', message: `The secret /db can't be used: ${why}.` });
      t.notMatch(JSON.stringify(error), 'p@ss');
    }
  }
  t.end();
});
