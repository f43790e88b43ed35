import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import t from 'tap';
import { testS3Client } from '../../services/s3.js';
import { type Stack, startStack } from '../stack.js';
import { expectFailure, fullLoad, makePlaces } from './expect-failure.js';

async function startWithSource(t: Parameters<typeof startStack>[0], options = {}): Promise<Stack> {
  const stack = await startStack(t, { backend: 'redis', ...options });
  await makePlaces(stack);
  await stack.put('a.csv', 'id,name\n3,three\n4,four\n');
  return stack;
}

t.test('a staging bucket that does not exist', async (t) => {
  const stack = await startWithSource(t);
  for (const commit_strategy of ['direct', 'delete_insert']) {
    await expectFailure(
      t,
      stack,
      { ...fullLoad(stack, 'a.csv'), s3_bucket: 'no-such-staging-bucket-here', commit_strategy },
      { code: 'staging_bucket_not_found', detail: /no-such-staging-bucket-here/, hint: /s3_bucket/ },
    );
  }
});

t.test('a staging bucket that the worker may not write to', async (t) => {
  const stack = await startWithSource(t);
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${stack.staging}/*` },
    ],
  });
  await testS3Client().send(new PutBucketPolicyCommand({ Bucket: stack.staging, Policy }));
  t.teardown(() => testS3Client().send(new DeleteBucketPolicyCommand({ Bucket: stack.staging })));
  await expectFailure(t, stack, fullLoad(stack, 'a.csv'), {
    code: 'staging_access_denied',
    detail: new RegExp(stack.staging),
    hint: /s3:PutObject/,
  });
});

t.test('a target database that refuses the password', async (t) => {
  const stack = await startWithSource(t);
  const url = new URL(stack.databaseUrl);
  await stack.sql(`CREATE ROLE ${role(stack)} LOGIN PASSWORD 'right'`);
  t.teardown(() => stack.sql(`DROP ROLE ${role(stack)}`));
  url.username = role(stack);
  url.password = 'wrong-password';
  const refused = await startWithSource(t, { environment: { databaseUrl: url.href } });
  const load = await expectFailure(t, refused, fullLoad(refused, 'a.csv'), {
    code: 'target_auth_failed',
    hint: /credentials/,
  });
  t.notMatch(JSON.stringify(load), 'wrong-password');
  const logs = await refused.get(`/v1/loads/${load.id}/logs`);
  t.notMatch(JSON.stringify(logs), 'wrong-password');
});

function role(stack: Stack): string {
  return `role_${new URL(stack.databaseUrl).pathname.slice(1)}`;
}
