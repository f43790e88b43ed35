import t from 'tap';
import { DatabaseUrls } from '../../src/secrets/database-urls.js';
import { environment } from '../loads/configuration.js';

const databaseSecret = { id: '/db', parameters: 'sslmode=disable' };
const environments = new Map([
  ['staging', { ...environment('staging'), databaseUrl: null, databaseSecret }],
  ['production', { ...environment('production'), databaseUrl: 'postgres://p@h/d', databaseSecret: null }],
  ['local', { ...environment('local'), databaseUrl: null, databaseSecret: null }],
]);
const secretWith = (password: string) => JSON.stringify({ username: 'u', password, host: 'h', db_name: 'd' });

t.test('a configured URL is used as it is; an environment without a database is named', async (t) => {
  const urls = new DatabaseUrls(environments, () => Promise.reject(new Error('not asked')));
  t.equal(await urls.urlOf('production'), 'postgres://p@h/d');
  await t.rejects(urls.urlOf('local'), { code: 'environment_not_configured', message: /local/ });
});

t.test('many who ask at once read the secret once', async (t) => {
  let reads = 0;
  const urls = new DatabaseUrls(environments, async () => {
    reads += 1;
    return secretWith('one');
  });
  const all = await Promise.all(Array.from({ length: 20 }, () => urls.urlOf('staging')));
  t.same([...new Set(all)], ['postgres://u:one@h:5432/d?sslmode=disable']);
  t.equal(reads, 1);
});

t.test('a distrusted secret is read again; one that can not be read then is kept', async (t) => {
  let now = 0;
  let answer: () => Promise<string> = async () => secretWith('one');
  const urls = new DatabaseUrls(
    environments,
    () => answer(),
    () => now,
  );
  await urls.urlOf('staging');
  answer = () => Promise.reject(new Error('down'));
  urls.distrust('staging');
  now += 2_000;
  t.match(await urls.urlOf('staging'), 'u:one@');
  answer = async () => secretWith('two');
  t.match(await urls.urlOf('staging'), 'u:two@', 'it is still distrusted');
});
