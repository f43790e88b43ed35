import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { LoadRequestSchema } from '../../src/loads/request-schema.js';

const PROJECT = join(import.meta.dirname, '../..');
/** Only `copydock dev` uses it, against a server of its own. */
const DEVELOPMENT = 'start/sample-data.ts';
/** What IAM calls the right to each command that is sent. */
const ACTIONS: Record<string, string> = {
  ListObjectsV2Command: 's3:ListBucket',
  GetObjectCommand: 's3:GetObject',
  HeadObjectCommand: 's3:GetObject',
  PutObjectCommand: 's3:PutObject',
  DeleteObjectsCommand: 's3:DeleteObject',
  GetSecretValueCommand: 'secretsmanager:GetSecretValue',
};
/** What `copydock doctor` also looks at where it may; it says so where it may not. */
const DOCTOR_ACTIONS: Record<string, string> = {
  GetBucketLifecycleConfigurationCommand: 's3:GetLifecycleConfiguration',
  GetBucketVersioningCommand: 's3:GetBucketVersioning',
};
/** S3 asks for these itself where objects are encrypted by a key. */
const BY_S3 = ['kms:Decrypt', 'kms:GenerateDataKey'];
const STAGING_ROOT = 'tmp/postgres-copy/';

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  Principal?: { AWS?: string[]; Federated?: string };
  Condition?: { StringLike?: Record<string, string>; StringEquals?: Record<string, string> };
}

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(PROJECT, 'deploy/aws', name), 'utf8')) as T;
}

async function readStatements(name: string): Promise<Statement[]> {
  return (await readJson<{ Statement: Statement[] }>(name)).Statement;
}

function actionsOf(statements: Statement[]): string[] {
  return [...new Set(statements.flatMap(({ Action }) => Action))].sort();
}

async function findSentCommands(): Promise<string[]> {
  const files = await readdir(join(PROJECT, 'src'), { recursive: true });
  const code = await Promise.all(
    files
      .filter((file) => file.endsWith('.ts') && file !== DEVELOPMENT)
      .map((file) => readFile(join(PROJECT, 'src', file), 'utf8')),
  );
  const names = code.flatMap((text) =>
    [...text.matchAll(/new (\w+Command)\(/g)].map(([, name = '']) => name),
  );
  return [...new Set(names)];
}

t.test("the worker's policy allows what the code asks of AWS, and nothing else", async (t) => {
  const commands = (await findSentCommands()).filter((name) => !(name in DOCTOR_ACTIONS));
  t.same(
    commands.filter((name) => !(name in ACTIONS)),
    [],
    'each command is known here',
  );
  const wanted = [...new Set([...commands.map((name) => ACTIONS[name]), ...BY_S3])].sort();
  t.same(actionsOf(await readStatements('worker-policy.json')), wanted);
});

t.test(
  'objects are written and deleted below the staging root only, and nothing stands for everything',
  async (t) => {
    const statements = await readStatements('worker-policy.json');
    for (const { Effect, Action, Resource, Condition } of statements) {
      t.equal(Effect, 'Allow');
      for (const resource of [Resource].flat()) t.notMatch(resource, /^\*$|:::\*|:\*$/);
      if (/Put|Delete/.test(String(Action))) t.match(Resource, /:::[^/]+\/tmp\/postgres-copy\/\*$/);
      const staging = /codepackage$/.test(String(Resource));
      if (staging) t.equal(Condition?.StringLike?.['s3:prefix'], `${STAGING_ROOT}*`);
    }
  },
);

t.test("the doctor's policy allows what it alone asks, and reads only", async (t) => {
  const statements = await readStatements('doctor-policy.json');
  t.same(actionsOf(statements), Object.values(DOCTOR_ACTIONS).sort());
  for (const { Resource } of statements) t.match(Resource, /:::[a-z-]+$/);
});

t.test('migrations need the secrets of the targets alone', async (t) => {
  t.same(actionsOf(await readStatements('migrate-policy.json')), ['secretsmanager:GetSecretValue']);
});

t.test('the role of an environment is assumed by name, by whom it names, for a stated purpose', async (t) => {
  const [trust, ...others] = await readStatements('role-trust-policy.json');
  t.same(others, []);
  t.equal(trust?.Action, 'sts:AssumeRole');
  t.match(trust?.Condition, { StringEquals: { 'sts:ExternalId': /./ } });
  for (const arn of trust?.Principal?.AWS ?? []) t.match(arn, /^arn:aws:iam::\d{12}:role\/[a-z-]+$/);
  t.match(await readStatements('assume-roles-policy.json'), [
    { Action: 'sts:AssumeRole', Resource: /^arn:aws:iam::\d{12}:role\/[a-z-]+$/ },
  ]);
  const [account] = await readStatements('service-account-trust-policy.json');
  t.match(account, { Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: /oidc-provider/ } });
  const wanted = Object.keys(account?.Condition?.StringEquals ?? {}).map((key) => key.replace(/.*:/, ''));
  t.same(wanted, ['aud', 'sub'], 'one service account, and not every one of the cluster');
});

t.test("the database's role reads staged objects, and nothing else", async (t) => {
  const statements = await readStatements('database-import-policy.json');
  t.same(actionsOf(statements), ['kms:Decrypt', 's3:GetObject']);
  const staged = (await readStatements('worker-policy.json')).find(({ Action }) =>
    /Put/.test(String(Action)),
  );
  const read = statements.find(({ Action }) => Action === 's3:GetObject');
  t.equal(read?.Resource, staged?.Resource, 'what a worker stages');
});

t.test('the lifecycle rule removes staged objects only, and none of a load that may still run', async (t) => {
  const { Rules } = await readJson<{
    Rules: { Filter: { Prefix: string }; Status: string; Expiration: { Days: number } }[];
  }>('staging-lifecycle.json');
  t.equal(Rules.length, 1);
  t.match(Rules[0], { Status: 'Enabled', Filter: { Prefix: STAGING_ROOT } });
  const longestLoadDays =
    (LoadRequestSchema.properties.timeout_s as { maximum?: number }).maximum ?? Infinity;
  t.ok((Rules[0]?.Expiration.Days ?? 0) * 86_400 >= 2 * longestLoadDays);
  const code = await readFile(join(PROJECT, 'src/s3/write.ts'), 'utf8');
  t.match(code, `const STAGING_ROOT = '${STAGING_ROOT}';`);
});
