import { randomBytes } from 'node:crypto';
import t from 'tap';
import { startStsServer } from '../../secrets/sts-server.js';
import { createTestDatabase } from '../../services/database.js';
import { createTestRedis } from '../../services/redis.js';
import { REGIONS } from '../../services/regions.js';
import { createTestBucket } from '../../services/s3.js';
import { examineEnvironment } from './examined.js';

const ROLE = 'arn:aws:iam::111122223333:role/north';

const databaseUrl = await createTestDatabase(t, { migrated: true });
const queueUrl = await createTestRedis(t);
const bucket = await createTestBucket(t, `north-${randomBytes(4).toString('hex')}`);
const sts = await startStsServer(t);
const examine = (arn: string) =>
  examineEnvironment(t, {
    databaseUrl,
    queueUrl,
    environment: { default_staging_bucket: bucket, role_arn: arn },
    variables: { AWS_ENDPOINT_URL_STS: sts.endpoint },
  });

t.test('buckets are asked as the role of the environment', async (t) => {
  sts.roles.set(ROLE, REGIONS[0]);
  const { find, all } = await examine(ROLE);
  t.match(find('role of development', 'assume'), { status: 'ok', found: `${ROLE} is assumed` });
  t.match(find(`staging bucket ${bucket} of development`, 'delete'), { status: 'ok' });
  t.strictSame(all('failed'), []);
});

t.test('a role that is refused is named once, with the way out', async (t) => {
  const { all } = await examine(`${ROLE}-2`);
  t.match(all('failed'), [
    /^role of development, assume: STS refuses the role \S+north-2 of environment development .*AccessDenied.* -> Correct environments\.development\.role_arn/,
  ]);
  t.equal(all('failed').length, 1);
});
