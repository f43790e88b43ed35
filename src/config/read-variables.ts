import { nearestName } from '../loads/nearest-name.js';
import type { BucketRuleConfig, Config, WorkerConfig } from './types.js';
import type { TlsDefaults } from './url-tls.js';
import { compileValidator } from './validator.js';
import { type Variables, VariablesSchema } from './variables-schema.js';

const UNITS: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const SHORTEST_LEASE_S = 3;
const LONGEST_LEASE_S = 3_600;
const KNOWN = Object.keys(VariablesSchema.properties);
/** Kubernetes sets such variables for a service named copydock. */
const FROM_KUBERNETES = /^COPYDOCK_(SERVICE|PORT)(_|$)/;

const findProblems = compileValidator(VariablesSchema);

/** The variables that Copydock reads, checked; an empty one counts as not set. */
export function readVariables(env: NodeJS.ProcessEnv, problems: string[]): Variables {
  const variables: Variables = Object.fromEntries(
    KNOWN.flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  problems.push(...findProblems(variables), ...findMisspelt(env));
  for (const name of ['PORT', 'COPYDOCK_METRICS_PORT'] as const) {
    if (Number(variables[name] ?? 0) > 65_535)
      problems.push(`${name}: it must be a number from 0 to 65535, not "${variables[name]}".`);
  }
  return variables;
}

function findMisspelt(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('COPYDOCK_') && !KNOWN.includes(name) && !FROM_KUBERNETES.test(name))
    .flatMap((name) => {
      const nearest = nearestName(name, KNOWN);
      return nearest ? [`${name}: there is no such variable; did you mean ${nearest}?`] : [];
    });
}

export function readS3Config(variables: Variables): Config['s3'] {
  return {
    endpoint: variables.AWS_ENDPOINT_URL_S3 ?? variables.AWS_ENDPOINT_URL,
    region: variables.AWS_REGION ?? variables.AWS_DEFAULT_REGION ?? 'us-east-1',
    caFile: variables.AWS_CA_BUNDLE,
  };
}

/** As OpenTelemetry has it: the endpoint of traces is used as it is, the common one with the path of traces. */
export function readTracesUrl(variables: Variables, problems: string[]): string | null {
  if (variables.OTEL_SDK_DISABLED === 'true') return null;
  const name =
    variables.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT === undefined
      ? 'OTEL_EXPORTER_OTLP_ENDPOINT'
      : 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
  const url = variables[name];
  if (url === undefined) return null;
  if (!URL.canParse(url)) {
    problems.push(`${name}: it is not a URL; percent-encode special characters of user and password.`);
  }
  return name === 'OTEL_EXPORTER_OTLP_ENDPOINT' ? `${url.replace(/\/+$/, '')}/v1/traces` : url;
}

/** What libpq would take from the same variables. */
export function readTlsDefaults({ PGSSLMODE: mode, PGSSLROOTCERT: authority }: Variables): TlsDefaults {
  return { mode, authority };
}

export function readBucketRule(variables: Variables): BucketRuleConfig {
  return {
    variableBucket: variables.PYSPARK_TEMP_S3_BUCKET ?? null,
    precedence: variables.STAGING_BUCKET_PRECEDENCE ?? 'argument',
  };
}

/** Below three seconds a busy machine or a slow network would lose leases all the time. */
export function readLeaseMs({ COPYDOCK_LEASE_S: lease = '15' }: Variables, problems: string[]): number {
  const seconds = Number(lease);
  if (seconds < SHORTEST_LEASE_S || seconds > LONGEST_LEASE_S) {
    problems.push(
      `COPYDOCK_LEASE_S: it must be a number from ${SHORTEST_LEASE_S} to ${LONGEST_LEASE_S}, not "${lease}".`,
    );
  }
  return seconds * 1000;
}

export function readWorkerConfig(
  variables: Variables,
  knownEnvironments: string[],
  problems: string[],
): WorkerConfig {
  const environments = variables.COPYDOCK_ENVIRONMENTS?.split(',').map((name) => name.trim()) ?? null;
  for (const name of environments ?? []) {
    if (knownEnvironments.includes(name)) continue;
    problems.push(`COPYDOCK_ENVIRONMENTS: ${name} is not known; known are ${knownEnvironments.join(', ')}.`);
  }
  const worker = {
    environments,
    partSizeBytes: parseSize(variables.COPYDOCK_PART_SIZE ?? '8MiB'),
    bufferBytes: parseSize(variables.COPYDOCK_BUFFER_MEMORY ?? '64MiB'),
    directMaxBytes: parseSize(variables.COPYDOCK_DIRECT_MAX_SIZE ?? '1GiB'),
    directMaxMs: Number(variables.COPYDOCK_DIRECT_MAX_S ?? '300') * 1000,
    tempMaxBytes: parseSize(variables.COPYDOCK_TEMP_MAX_SIZE ?? '10GiB'),
    exchangeTimeoutMs: Number(variables.COPYDOCK_EXCHANGE_TIMEOUT_S ?? '60') * 1000,
  };
  if (worker.bufferBytes < worker.partSizeBytes) {
    problems.push('COPYDOCK_BUFFER_MEMORY: it must hold a part; raise it, or lower COPYDOCK_PART_SIZE.');
  }
  return worker;
}

/** `16MiB`, `512 KiB` or a number of bytes, as the schema has checked it. */
function parseSize(size: string): number {
  const [, digits = '0', unit = 'B'] = /^(\d+) ?(\w+)?$/.exec(size) ?? [];
  return Number(digits) * (UNITS[unit] ?? 1);
}
