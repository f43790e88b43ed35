import t from 'tap';
import { prepareServices, urlOf } from './ground.js';
import { startCopydock } from './run-copydock.js';

t.test('fifty POSTs of one key at once to two API processes give one load', async (t) => {
  const { env, bucket, sql } = await prepareServices(t);
  const urls = await Promise.all([1, 2].map(() => urlOf(startCopydock(t, ['api'], env))));
  const body = JSON.stringify({
    load_type: 'full',
    data_set: 'licence',
    path: `s3://${bucket}/data/`,
    env: 'development',
    s3_bucket: bucket,
  });
  const headers = { 'Idempotency-Key': 'dag/run:2026-01-01T00:00:00+00:00/submit/-1/1' };
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const answer = await fetch(`${urls[index % 2]}/v1/loads`, { method: 'POST', headers, body });
      const { id } = (await answer.json()) as { id: string };
      return { status: answer.status, replayed: answer.headers.get('idempotency-replayed'), id };
    }),
  );
  t.ok(answers.every(({ status }) => status === 202));
  t.equal(new Set(answers.map(({ id }) => id)).size, 1);
  t.equal(answers.filter(({ replayed }) => replayed === null).length, 1, 'one was told that it is new');
  t.strictSame(await sql('SELECT id, attempt FROM copydock.loads'), [{ id: answers[0]?.id, attempt: 1 }]);
});
