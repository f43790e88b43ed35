import t from 'tap';
import { ConfigError, loadConfig } from '../../src/config.js';
import { CONTROL_URL, problemsOf, writeConfig } from './config-file.js';

const KEY = 'a'.repeat(64);

/** Variables and the one problem that they make. */
const VARIABLES = [
  [{ PORT: 'http' }, 'PORT: it must be a number from 0 to 65535, not "http".'],
  [{ PORT: '65536' }, 'PORT: it must be a number from 0 to 65535, not "65536".'],
  [{ PORT: '-1' }, 'PORT: it must be a number from 0 to 65535, not "-1".'],
  [
    { LOG_LEVEL: 'loud' },
    'LOG_LEVEL: it must be one of trace, debug, info, warn, error, fatal, silent, not "loud".',
  ],
  [
    { STAGING_BUCKET_PRECEDENCE: 'variable' },
    'STAGING_BUCKET_PRECEDENCE: it must be one of argument, environment, not "variable".',
  ],
  [
    { QUEUE_URL: 'amqp://user:hidden@host' },
    'QUEUE_URL: it must be redis://, rediss:// or postgres://, with user, password, host and port, not what it is.',
  ],
  [
    { PYSPARK_TEMP_S3_BUCKET: 's3://bucket/tmp' },
    'PYSPARK_TEMP_S3_BUCKET: it must be a bucket\'s name alone: 3 to 63 lower-case letters, digits, dots and dashes, not "s3://bucket/tmp".',
  ],
  [
    { AWS_ENDPOINT_URL_S3: 'localhost:9000' },
    'AWS_ENDPOINT_URL_S3: it must be http:// or https://, with host and port, not "localhost:9000".',
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:hidden@4318' },
    'OTEL_EXPORTER_OTLP_ENDPOINT: it must be http:// or https://, with host and port, not what it is.',
  ],
  [
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://me:hid%den@collector:99999/v1/traces' },
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: it is not a URL; percent-encode special characters of user and password.',
  ],
  [
    { COPYDOCK_PART_SIZE: '16 megabytes' },
    'COPYDOCK_PART_SIZE: it must be a size such as 16MiB, or a number of bytes, not "16 megabytes".',
  ],
  [
    { COPYDOCK_PART_SIZE: '0' },
    'COPYDOCK_PART_SIZE: it must be a size such as 16MiB, or a number of bytes, not "0".',
  ],
  [
    { COPYDOCK_PART_SIZE: '1GiB' },
    'COPYDOCK_BUFFER_MEMORY: it must hold a part; raise it, or lower COPYDOCK_PART_SIZE.',
  ],
  [
    { COPYDOCK_SHUTDOWN_TIMEOUT_S: 'soon' },
    'COPYDOCK_SHUTDOWN_TIMEOUT_S: it must be a number of seconds, not "soon".',
  ],
  [
    { QUEUE_URL: 'redis://:hidden@cache?sslrootcert=/ca.pem' },
    'QUEUE_URL: sslrootcert does nothing with redis://; write rediss://.',
  ],
  [
    { QUEUE_URL: 'redis://:hidden@cache?sslcert=/c.pem' },
    'QUEUE_URL: sslcert does nothing with redis://; write rediss://.',
  ],
  [
    { QUEUE_URL: 'rediss://:hidden@cache?sslmode=require' },
    'QUEUE_URL: Redis has no sslmode; leave it out: rediss:// is always verified.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?sslmode=verify_full' },
    'QUEUE_URL: there is no sslmode of that name; known are disable, require, verify-ca, verify-full.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?ssl=true' },
    'QUEUE_URL: ssl is not read; write sslmode=verify-full, or rediss://.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?sslmode=disable&sslmode=verify-full' },
    'QUEUE_URL: sslmode stands there twice; leave one of them out.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?sslmode=verify-full&sslcrl=/crl.pem' },
    'QUEUE_URL: sslcrl is not supported; leave it out. Known are sslmode, sslrootcert, sslcert, sslkey.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?sslmode=verify-ca' },
    'QUEUE_URL: sslmode=verify-ca needs the file of the authority; add sslrootcert, or write verify-full.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?sslrootcert=/ca.pem' },
    'QUEUE_URL: sslrootcert does nothing without sslmode; add sslmode=verify-full, or set PGSSLMODE.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?sslcert=/c.pem&sslkey=/k.pem' },
    'QUEUE_URL: sslcert does nothing without sslmode; add sslmode=verify-full, or set PGSSLMODE.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?sslmode=&sslkey=/k.pem' },
    'QUEUE_URL: sslkey does nothing without sslmode; add sslmode=verify-full, or set PGSSLMODE.',
  ],
  [
    { PGSSLROOTCERT: '/ca.pem' },
    'DATABASE_URL: sslrootcert does nothing without sslmode; add sslmode=verify-full, or set PGSSLMODE.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?SSLMODE=verify-full' },
    'QUEUE_URL: SSLMODE is not supported; leave it out. Known are sslmode, sslrootcert, sslcert, sslkey.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?requiressl=1' },
    'QUEUE_URL: requiressl is not read; write sslmode=verify-full, or rediss://.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?sslmode=require&sslrootcert=system' },
    'QUEUE_URL: sslrootcert=system goes with sslmode=verify-full alone; write that.',
  ],
  [
    { QUEUE_URL: 'postgres://u:hidden@h/d?sslmode=verify-full&sslrootcert=/nowhere/ca.pem' },
    "QUEUE_URL: sslrootcert: the file /nowhere/ca.pem can't be read (ENOENT); correct the path.",
  ],
  [
    { PGSSLMODE: 'prefer' },
    'DATABASE_URL: sslmode=prefer protects nothing, since it goes on without TLS where the server offers none; write verify-full, or disable.',
  ],
  [
    { AWS_CA_BUNDLE: '/nowhere/ca.pem' },
    "AWS_CA_BUNDLE: the file /nowhere/ca.pem can't be read (ENOENT); correct the path.",
  ],
  [{ COPYDOCK_LEASE_S: '2' }, 'COPYDOCK_LEASE_S: it must be a number from 3 to 3600, not "2".'],
  [{ COPYDOCK_LEASE_S: '3601' }, 'COPYDOCK_LEASE_S: it must be a number from 3 to 3600, not "3601".'],
  [
    { COPYDOCK_ENVIRONMENTS: 'development,prod' },
    'COPYDOCK_ENVIRONMENTS: prod is not known; known are development, local, production, staging.',
  ],
  [
    { COPYDOCK_PARTSIZE: '1' },
    'COPYDOCK_PARTSIZE: there is no such variable; did you mean COPYDOCK_PART_SIZE?',
  ],
  [
    { COPYDOCK_CONFIG: '/nowhere/copydock.yaml' },
    'COPYDOCK_CONFIG: the file /nowhere/copydock.yaml does not exist; correct the path.',
  ],
] as const;

for (const [variables, problem] of VARIABLES) {
  t.test(`refused: ${JSON.stringify(variables)}`, async (t) => {
    t.same(await problemsOf({ DATABASE_URL: CONTROL_URL, ...variables }), [problem]);
  });
}

t.test('refused: a DATABASE_URL that is none, without showing it', async (t) => {
  const [problem, ...others] = await problemsOf({ DATABASE_URL: 'mysql://root:hidden@host/db' });
  t.equal(problem, 'DATABASE_URL: it must be postgres://user:password@host:port/database, not what it is.');
  t.same(others, []);
  const unparsable = await problemsOf({ DATABASE_URL: 'postgres://user:p/w:x@host/db' });
  t.same(unparsable, [
    'DATABASE_URL: it is not a URL; percent-encode special characters of user and password.',
  ]);
});

t.test('what Kubernetes sets for a service named copydock is let be', async (t) => {
  const env = {
    COPYDOCK_SERVICE_HOST: '10.0.0.1',
    COPYDOCK_PORT: 'tcp://10.0.0.1:80',
    COPYDOCK_PORT_80_TCP: 'x',
  };
  t.same(await problemsOf({ DATABASE_URL: CONTROL_URL, ...env }), []);
});

/** A file and the one problem that it has. */
const FILES = [
  ['enviroments: {}', 'enviroments: there is no such key; did you mean environments?'],
  [
    'colour: red',
    'colour: there is no such key; known are environments, tables, data_sets, webhook, api_keys, retention_days, committed_retention_days.',
  ],
  ['[]', 'the file: it must be keys with values, not this list.'],
  [
    'environments: { production: { paralelism: 4 } }',
    'environments.production.paralelism: there is no such key; did you mean environments.production.parallelism?',
  ],
  [
    'environments: { production: { parallelism: four } }',
    'environments.production.parallelism: it must be a whole number, not "four".',
  ],
  [
    'environments: { production: { parallelism: 0 } }',
    'environments.production.parallelism: it must be at least 1, not 0.',
  ],
  [
    'environments: { production: { max_active_loads: 0 } }',
    'environments.production.max_active_loads: it must be at least 1, not 0.',
  ],
  [
    'environments: { production: { max_queued_loads: -1 } }',
    'environments.production.max_queued_loads: it must be at least 0, not -1.',
  ],
  ['retention_days: 6', 'retention_days: it must be at least 7, not 6.'],
  ['retention_days: month', 'retention_days: it must be a whole number, not "month".'],
  [
    '{ retention_days: 60, committed_retention_days: 90 }',
    'committed_retention_days: it must be at least twice retention_days, 120, not 90; a target must remember what was applied longer than any backup of the control database that may be restored.',
  ],
  [
    'environments: { production: { bucket_owners: { "production-*": "12" } } }',
    'environments.production.bucket_owners.production-*: it must be the number of the AWS account that owns the bucket, 12 digits in quotes, not "12".',
  ],
  [
    'environments: { production: { bucket_owners: { "Production": "111122223333" } } }',
    'environments.production.bucket_owners.Production: the name is not allowed; a bucket pattern has lower-case letters, digits, dots, dashes, * and ?.',
  ],
  [
    'environments: { production: { role_arn: "arn:aws:iam::12:role/copydock" } }',
    'environments.production.role_arn: it must be the ARN of an IAM role, arn:aws:iam::111122223333:role/name, not "arn:aws:iam::12:role/copydock".',
  ],
  [
    'environments: { production: { external_id: copydock } }',
    'environments.production.external_id: it goes with role_arn, which is missing; add it, or leave external_id out.',
  ],
  [
    'environments: { production: { role_arn: "arn:aws:iam::111122223333:role/copydock", external_id: "a secret" } }',
    'environments.production.external_id: it must be 2 to 1224 letters, digits and _+=,.@:/-, not what it is.',
  ],
  [
    'environments: { production: { min_keep_share: 50 } }',
    'environments.production.min_keep_share: it must be at most 1, not 50.',
  ],
  [
    'environments: { production: { staging_buckets: "production-*" } }',
    'environments.production.staging_buckets: it must be a list, not "production-*".',
  ],
  [
    'environments: { production: { path_layout: flat } }',
    'environments.production.path_layout: it must be one of as_given, collection, not "flat".',
  ],
  [
    'environments: { production: { target_schemas: [] } }',
    'environments.production.target_schemas: it must be a list of at least one, not this list.',
  ],
  [
    'environments: { Production: {} }',
    "environments.Production: the name is not allowed; an environment's name has up to 40 lower-case letters, digits and dashes.",
  ],
  [
    'environments: { production: { staging_buckets: ["production-*", "*"] } }',
    'environments.production.staging_buckets[1]: "*" matches everything, which production does not allow; name the buckets, as in "production-*".',
  ],
  [
    'environments: { production: { source_buckets: ["*-?*"] } }',
    'environments.production.source_buckets[0]: "*-?*" matches everything, which production does not allow; name the buckets, as in "production-*".',
  ],
  [
    'environments: { production: { staging_buckets: ["s3://production-*"] } }',
    'environments.production.staging_buckets[0]: it must be bucket names, with * for any characters and ? for one, not "s3://production-*".',
  ],
  [
    'environments: { production: { database_secret_id: /production/postgres, database_url: "postgres://h/d" } }',
    'environments.production.database_secret_id: database_url is there, too; leave one of them out.',
  ],
  [
    'environments: { production: { database_parameters: sslmode=disable } }',
    'environments.production.database_parameters: they go with database_secret_id; write them into database_url.',
  ],
  [
    'environments: { production: { database_url: "postgres://u:hidden@h/d?sslmode=allow" } }',
    'environments.production.database_url: sslmode=allow protects nothing, since it goes on without TLS where the server offers none; write verify-full, or disable.',
  ],
  [
    'environments: { production: { database_secret_id: /db, database_parameters: sslmode=verify-ca } }',
    'environments.production.database_parameters: sslmode=verify-ca needs the file of the authority; add sslrootcert, or write verify-full.',
  ],
  [
    'environments: { production: { database_url: "${PRODUCTION_URL}" } }',
    'environments.production.database_url: the variable PRODUCTION_URL is not set; set it, or write ${PRODUCTION_URL:-} where it may be missing.',
  ],
  [
    'environments: { production: { database_url: "mysql://u:hidden@h/d" } }',
    'environments.production.database_url: it must be postgres://user:password@host:port/database, its secrets from variables, not what it is.',
  ],
  [
    'environments: { production: { database_url: "postgres://u:a/b:c@h/d" } }',
    'environments.production.database_url: it is not a URL; percent-encode special characters of user and password.',
  ],
  [
    'tables: { entity: { scope_column: "a b" } }',
    'tables.entity.scope_column: it must be the name of a column: letters, digits, _, $ and -, not "a b".',
  ],
  [
    'tables: { a.b.c: { scope_column: x } }',
    'tables."a.b.c": the name is not allowed; a table is named as table or schema.table.',
  ],
  [
    'tables: { entity: { scope_column: a }, public.entity: { scope_column: b } }',
    'tables."public.entity": the table stands twice, with and without its schema; keep one.',
  ],
  [
    'data_sets: { Tree: {} }',
    "data_sets.Tree: the name is not allowed; a data set's name has up to 63 lower-case letters, digits and dashes.",
  ],
  [
    'data_sets: { tree: { csv: { delimiter: "||" } } }',
    'data_sets.tree.csv.delimiter: it must be exactly one ASCII character, not a line break, not "||".',
  ],
  [
    'data_sets: { tree: { csv: { delimiter: "|", quote: "|" } } }',
    'data_sets.tree: csv.delimiter and csv.quote must differ.',
  ],
  [
    'data_sets: { tree: { commit_strategy: fast } }',
    'data_sets.tree.commit_strategy: it must be one of direct, diff, delete_insert, swap, partition, upsert, append, not "fast".',
  ],
  [
    'data_sets: { tree: { table: forest.tree } }',
    "data_sets.tree.table: no environment may load into the schema forest; correct it, or add the schema to the environment's target_schemas.",
  ],
  [
    'data_sets: { wood: { table: entity }, entity: }',
    "data_sets.entity.table: public.entity is the table of data_sets.wood too, and a full load of one would remove the other's rows; set tables.entity.scope_column to the column that holds the data set.",
  ],
  [
    'data_sets: { wood: { table: entity }, tree: { table: public.entity } }',
    "data_sets.tree.table: public.entity is the table of data_sets.wood too, and a full load of one would remove the other's rows; set tables.public.entity.scope_column to the column that holds the data set.",
  ],
  [
    'api_keys: [{ name: a, key: plain, access: read }]',
    'api_keys[0].sha256: it is missing; it must be the SHA-256 of the key, 64 hex digits in lower case: printf %s "$KEY" | sha256sum.',
    'api_keys[0].key: there is no such key; known are name, sha256, environments, access.',
  ],
  [
    `api_keys: [{ name: a, sha256: ${KEY} }]`,
    'api_keys[0].access: it is missing; it must be one of read, write.',
  ],
  [
    `api_keys: [{ name: a, sha256: ${KEY}, access: read, environments: [prod] }]`,
    'api_keys[0].environments: prod is not known; known are development, local, production, staging.',
  ],
  [
    `api_keys: [{ name: a, sha256: ${KEY}, access: read }, { name: a, sha256: ${'b'.repeat(64)}, access: read }]`,
    'api_keys[1].name: a stands twice; give each key a name of its own.',
  ],
  [
    `api_keys: [{ name: a, sha256: ${KEY}, access: read }, { name: b, sha256: ${KEY}, access: read }]`,
    'api_keys[1].sha256: another entry has the same key; remove one.',
  ],
] as const;

for (const [text, ...problems] of FILES) {
  t.test(`refused: ${text}`, async (t) => {
    const COPYDOCK_CONFIG = await writeConfig(t, text);
    t.same(await problemsOf({ DATABASE_URL: CONTROL_URL, COPYDOCK_CONFIG }), problems);
  });
}

t.test('a default bucket that its own environment would refuse is refused at start', async (t) => {
  const foreign = await writeConfig(
    t,
    'environments: { production: { default_staging_bucket: staging-temp } }',
  );
  t.match(await problemsOf({ DATABASE_URL: CONTROL_URL, COPYDOCK_CONFIG: foreign }), [
    /^environments\.production\.default_staging_bucket 'staging-temp' carries the name of the environment staging/,
  ]);
});

t.test('YAML that does not parse is refused with its line', async (t) => {
  const COPYDOCK_CONFIG = await writeConfig(t, 'environments:\n  production: { parallelism: 4\n');
  const [problem = ''] = await problemsOf({ DATABASE_URL: CONTROL_URL, COPYDOCK_CONFIG });
  t.match(problem, /^COPYDOCK_CONFIG: .*copydock\.yaml is not YAML at line \d+, column \d+: /);
});

t.test('a key that stands twice is refused', async (t) => {
  const COPYDOCK_CONFIG = await writeConfig(
    t,
    'tables:\n  a: { scope_column: x }\n  a: { scope_column: y }\n',
  );
  t.match(await problemsOf({ DATABASE_URL: CONTROL_URL, COPYDOCK_CONFIG }), [/Map keys must be unique/]);
});

t.test('several problems are named at once, and no secret is', async (t) => {
  const COPYDOCK_CONFIG = await writeConfig(
    t,
    'environments: { staging: { database_url: "mysql://u:hidden@h/d", parallelism: x } }\ntabels: {}\n',
  );
  const env = { DATABASE_URL: 'mysql://u:hidden@h/d', PORT: 'x', COPYDOCK_CONFIG };
  const error = await loadConfig(env).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw error;
  t.same(
    error.problems.map((problem) => problem.split(':')[0]),
    [
      'DATABASE_URL',
      'PORT',
      'environments.staging.database_url',
      'environments.staging.parallelism',
      'tabels',
    ].sort((a, b) => error.message.indexOf(a) - error.message.indexOf(b)),
  );
  t.equal(error.problems.length, 5);
  t.match(error.message, /^The configuration is not valid, 5 problems:\n- /);
  t.notMatch(error.message, /hidden/);
});
