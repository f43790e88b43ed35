import { muteSdkVersionWarning } from '../config.js';
import { type RunningDev, startDev } from '../start/dev.js';
import { SAMPLE_PREFIX, SAMPLE_SOURCE_BUCKET, SAMPLE_STAGING_BUCKET } from '../start/sample-data.js';
import { runUntilStopped } from '../start/shutdown.js';
import type { Command } from './command.js';
import { parseOptions } from './parse-options.js';

const DEFAULT_DATA_DIR = '.copydock';
const STOP_DEADLINE_MS = 60_000;

export const dev: Command = {
  help: `Usage: copydock dev [--data-dir ${DEFAULT_DATA_DIR}]

Starts everything in one process, on loopback: an embedded PostgreSQL, an S3 server, the API, a worker, and sample
tables and files to load. For trying things out, not for production. Ctrl-C stops it; the next start finds the data.

  --data-dir DIR   where databases, buckets and the log are kept (${DEFAULT_DATA_DIR})

HOST, PORT (8080; 0 takes a free one), LOG_LEVEL and PYSPARK_TEMP_S3_BUCKET count as elsewhere. The configuration is
copydock.example.yaml unless COPYDOCK_CONFIG names another. DATABASE_URL, QUEUE_URL and AWS_* are not used.
`,
  run: async (args) => {
    muteSdkVersionWarning();
    const options = parseOptions(args, { 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR } });
    const dataDir = options['data-dir'];
    return runUntilStopped(
      async (onStop) => {
        process.stdout.write('Starting PostgreSQL, S3, a worker and the API ...\n');
        process.stdout.write(describeStart(await startDev({ dataDir, persistent: true, onStop }), dataDir));
        return undefined;
      },
      { deadlineMs: STOP_DEADLINE_MS, logger: screen },
    );
  },
};

const screen = {
  info: (message: string) => process.stdout.write(`${message}\n`),
  error: (fields: object, message: string) => process.stderr.write(`${message} ${inspectError(fields)}\n`),
};

function inspectError(fields: object): string {
  const err: unknown = 'err' in fields ? fields.err : undefined;
  return err instanceof Error ? (err.stack ?? err.message) : '';
}

function describeStart({ url, config, logFile }: RunningDev, dataDir: string): string {
  const load = `${url}/v1/loads/first`;
  const request = JSON.stringify({
    load_type: 'full',
    data_set: 'article-4-direction',
    path: `s3://${SAMPLE_SOURCE_BUCKET}/${SAMPLE_PREFIX}exported_entity.csv`,
    env: 'development',
    s3_bucket: SAMPLE_STAGING_BUCKET,
  });
  return `
Copydock is ready: ${url} (its loads), ${url}/docs (its API)

PostgreSQL  ${config.databaseUrl}
S3          AWS_ENDPOINT_URL_S3=${config.s3.endpoint} AWS_ACCESS_KEY_ID=S3RVER AWS_SECRET_ACCESS_KEY=S3RVER
            with the buckets ${SAMPLE_SOURCE_BUCKET} and ${SAMPLE_STAGING_BUCKET}
Data        ${dataDir}
Log         ${logFile}

Try it in another terminal. Submit a load, which stages its parts in s3_bucket:
  curl -s -X PUT ${load} -H 'Content-Type: application/json' -d '${request}'
Follow it: this answers as soon as its status changes, again and again until it is done:
  curl -s '${load}?wait=30'
Ask whether it succeeded, read its log, list all loads:
  curl -s ${load}/gate
  curl -s -H 'Accept: text/plain' ${load}/logs
  curl -s '${url}/v1/loads?env=development'

Ctrl-C stops it.
`;
}
