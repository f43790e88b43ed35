import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { LoadRequestSchema } from '../../src/loads/request.js';
import { runCopydock } from './run-copydock.js';

t.setTimeout(240_000);

const COMMANDS = ['dev', 'serve', 'api', 'worker', 'migrate', 'load', 'sweep', 'doctor', 'pause', 'resume'];
const NO_DATABASE = { DATABASE_URL: '', QUEUE_URL: '' };

t.test('--help lists the commands and the exit codes', async (t) => {
  const { exitCode, stdout, stderr } = await runCopydock(t, ['--help']);
  t.equal(exitCode, 0);
  t.equal(stderr, '');
  for (const command of COMMANDS) t.match(stdout, new RegExp(`^  ${command} `, 'm'));
  for (const code of [0, 1, 2, 64, 78]) t.match(stdout, new RegExp(`^  ${code} `, 'm'));
});

t.test('each command has its --help, without a configuration', async (t) => {
  const answers = await Promise.all(COMMANDS.map((name) => runCopydock(t, [name, '--help'], NO_DATABASE)));
  for (const [index, { exitCode, stdout }] of answers.entries()) {
    t.equal(exitCode, 0);
    t.match(stdout, `Usage: copydock ${COMMANDS[index]}`);
    t.match(stdout, 'Exit codes:');
  }
});

t.test('load --help has every field of a request', async (t) => {
  const { stdout } = await runCopydock(t, ['load', '--help']);
  for (const name of Object.keys(LoadRequestSchema.properties)) {
    t.match(stdout, new RegExp(`^  --${name} `, 'm'), name);
  }
});

t.test('--version prints the version of the package', async (t) => {
  const file = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { exitCode, stdout } = await runCopydock(t, ['--version']);
  t.equal(exitCode, 0);
  t.equal(stdout, `${(JSON.parse(file) as { version: string }).version}\n`);
});

const BAD_USAGE: { args: string[]; says: RegExp }[] = [
  { args: [], says: /A command is missing; there are dev, serve/ },
  { args: ['lod'], says: /There is no command lod; did you mean load\?/ },
  { args: ['toString'], says: /There is no command toString/ },
  { args: ['serve', '--prot', '1'], says: /There is no option --prot/ },
  { args: ['load', '--s3_buket', 'b'], says: /There is no option --s3_buket; did you mean --s3_bucket\?/ },
  { args: ['load', 's3://bucket/data/'], says: /'s3:\/\/bucket\/data\/' belongs to no option/ },
  {
    args: ['load', '--load_type', 'full', '--data_set', 'a', '--path', 's3://b/c'],
    says: /--env is missing/,
  },
  { args: ['load', '--csv', '|'], says: /--csv must be a JSON object/ },
];
for (const { args, says } of BAD_USAGE) {
  t.test(`bad usage is 64 and says why: copydock ${args.join(' ')}`, async (t) => {
    const { exitCode, stdout, stderr } = await runCopydock(t, args, NO_DATABASE);
    t.equal(exitCode, 64);
    t.equal(stdout, '');
    t.match(stderr, says);
    t.notMatch(stderr, /^ +at /m, 'no stack');
  });
}

t.test('a configuration that is not valid is 78, each problem on a line of its own', async (t) => {
  const env = { ...NO_DATABASE, PORT: 'http', LOG_LEVEL: 'loud' };
  const { exitCode, stderr } = await runCopydock(t, ['serve'], env);
  t.equal(exitCode, 78);
  for (const key of ['PORT', 'LOG_LEVEL', 'DATABASE_URL', 'QUEUE_URL']) {
    t.match(stderr, new RegExp(`^  ${key}: `, 'm'), key);
  }
  t.notMatch(stderr, /^ +at /m, 'no stack');
});
