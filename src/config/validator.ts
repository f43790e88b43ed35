import { Ajv2020, type ErrorObject, type SchemaObject } from 'ajv/dist/2020.js';
import { nearestName } from '../loads/nearest-name.js';
import { EXPECTATIONS } from '../loads/request-expectations.js';

/** Never shown, since they may hold secrets. */
const SECRET_KEYS = new Set([
  'database_url',
  'DATABASE_URL',
  'QUEUE_URL',
  'sha256',
  'database_secret_id',
  'external_id',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'webhook',
]);
const SHOWN_LENGTH = 60;

/** What a value must be, by the last part of its key, where the schema's own words say too little. */
const MEANINGS: Record<string, string> = {
  database_url: 'postgres://user:password@host:port/database, its secrets from variables',
  DATABASE_URL: 'postgres://user:password@host:port/database',
  QUEUE_URL: 'redis://, rediss:// or postgres://, with user, password, host and port',
  AWS_ENDPOINT_URL_S3: 'http:// or https://, with host and port',
  AWS_ENDPOINT_URL_STS: 'http:// or https://, with host and port',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http:// or https://, with host and port',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http:// or https://, with host, port and path',
  AWS_ENDPOINT_URL: 'http:// or https://, with host and port',
  PORT: 'a number from 0 to 65535',
  default_staging_bucket: "a bucket's name alone: 3 to 63 lower-case letters, digits, dots and dashes",
  PYSPARK_TEMP_S3_BUCKET: "a bucket's name alone: 3 to 63 lower-case letters, digits, dots and dashes",
  staging_buckets: 'bucket names, with * for any characters and ? for one',
  source_buckets: 'bucket names, with * for any characters and ? for one',
  bucket_owners: 'the number of the AWS account that owns the bucket, 12 digits in quotes',
  staging_kms_key_id: 'id, alias or ARN of a key in AWS KMS',
  role_arn: 'the ARN of an IAM role, arn:aws:iam::111122223333:role/name',
  external_id: '2 to 1224 letters, digits and _+=,.@:/-',
  session_name: '2 to 64 letters, digits and _+=,.@-',
  target_schemas: 'names of schemas: letters, digits, _, $ and -',
  scope_column: 'the name of a column: letters, digits, _, $ and -',
  url: 'https://, with host and path',
  name: 'up to 64 letters, digits, dots, dashes, underscores and @',
  sha256: 'the SHA-256 of the key, 64 hex digits in lower case: printf %s "$KEY" | sha256sum',
  COPYDOCK_ENVIRONMENTS: 'names of environments, by commas',
  COPYDOCK_PART_SIZE: 'a size such as 16MiB, or a number of bytes',
  COPYDOCK_BUFFER_MEMORY: 'a size such as 96MiB, or a number of bytes',
  COPYDOCK_DIRECT_MAX_SIZE: 'a size such as 1GiB, or a number of bytes',
  COPYDOCK_TEMP_MAX_SIZE: 'a size such as 10GiB, or a number of bytes',
  COPYDOCK_SHUTDOWN_TIMEOUT_S: 'a number of seconds',
};

const NAME_RULES: Record<string, string> = {
  environments: "an environment's name has up to 40 lower-case letters, digits and dashes",
  tables: 'a table is named as table or schema.table',
  bucket_owners: 'a bucket pattern has lower-case letters, digits, dots, dashes, * and ?',
  data_sets: "a data set's name has up to 63 lower-case letters, digits and dashes",
};

/** Makes a function that lists every problem of a value, each as a line that begins with the full key. */
export function compileValidator(schema: object): (value: unknown) => string[] {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false });
  const isValid = ajv.compile(schema as SchemaObject);
  return (value) => {
    if (isValid(value)) return [];
    const errors = (isValid.errors ?? []).filter((error) => error.propertyName === undefined);
    return [...new Set(errors.map(explain))];
  };
}

function explain(error: ErrorObject): string {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const { params, keyword } = error;
  if (keyword === 'additionalProperties') return explainUnknown(path, error);
  if (keyword === 'required')
    return `${joinKey([...path, params.missingProperty])}: it is missing; it must be ${meaningOf([params.missingProperty], error)}.`;
  if (keyword === 'propertyNames') {
    return `${joinKey([...path, params.propertyName])}: the name is not allowed; ${NAME_RULES[path.at(-1) ?? ''] ?? 'choose another'}.`;
  }
  return `${joinKey(path)}: it must be ${expectation(path, error)}, not ${show(path, error.data)}.`;
}

function explainUnknown(path: string[], error: ErrorObject): string {
  const name = String(error.params.additionalProperty);
  const known = Object.keys(error.parentSchema?.properties ?? {});
  const nearest = nearestName(name, known);
  const wayOut = nearest ? `did you mean ${joinKey([...path, nearest])}?` : `known are ${known.join(', ')}.`;
  return `${joinKey([...path, name])}: there is no such key; ${wayOut}`;
}

function expectation(path: string[], error: ErrorObject): string {
  const { keyword, params } = error;
  if (keyword === 'enum') return `one of ${(params.allowedValues as string[]).join(', ')}`;
  if (keyword === 'minimum') return `at least ${params.limit}`;
  if (keyword === 'maximum') return `at most ${params.limit}`;
  if (keyword === 'minItems') return 'a list of at least one';
  if (keyword === 'uniqueItems') return 'a list without repetitions';
  if (keyword === 'type')
    return [params.type]
      .flat()
      .filter((type) => type !== 'null')
      .map(nameType)
      .join(' or ');
  return meaningOf(path, error);
}

function meaningOf(path: string[], error: ErrorObject): string {
  const name = path.findLast((part) => !/^\d+$/.test(part)) ?? '';
  const key = path.includes('bucket_owners')
    ? 'bucket_owners'
    : path.includes('csv') || name.startsWith('csv')
      ? `csv.${name}`
      : name;
  return MEANINGS[key] ?? EXPECTATIONS[key] ?? describedBy(name, error) ?? 'another value';
}

function describedBy(name: string, { parentSchema }: ErrorObject): string | undefined {
  const values = parentSchema?.properties?.[name]?.enum;
  return Array.isArray(values) ? `one of ${values.join(', ')}` : undefined;
}

function nameType(type: string): string {
  const names: Record<string, string> = {
    array: 'a list',
    object: 'keys with values',
    integer: 'a whole number',
  };
  return names[type] ?? `a ${type}`;
}

function show(path: string[], value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'this list';
  if (typeof value === 'object') return 'keys with values';
  if (path.some((part) => SECRET_KEYS.has(part))) return 'what it is';
  const text = JSON.stringify(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

/** `api_keys[0].name`; a part with a dot is quoted. */
export function joinKey(path: readonly string[]): string {
  if (path.length === 0) return 'the file';
  return path
    .map((part, index) => {
      if (/^\d+$/.test(part)) return `[${part}]`;
      const name = part.includes('.') ? JSON.stringify(part) : part;
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
