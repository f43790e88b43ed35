import { createHash } from 'node:crypto';
import type { Config, EnvironmentConfig } from '../config/types.js';
import { CopydockError } from './errors.js';
import type { LoadRequest } from './load.js';

/** PostgreSQL cuts longer identifiers without an error. */
const MAX_IDENTIFIER_BYTES = 63;
const SAMPLE_SUFFIX = '_sample';
const WHOLE_TABLE = '*';

/** Which rows a load meets. Tables are `schema.table`. */
export interface Scope {
  targetTable: string;
  /** The table whose scopes the load meets: the target, or the sample table. */
  scopeTable: string;
  /** The data set, or `*` for the whole table. */
  scopeKey: string;
}

/** @throws CopydockError `invalid_request` (a name that PostgreSQL would cut), `target_schema_not_allowed` */
export function decideScope(
  request: LoadRequest,
  env: EnvironmentConfig,
  config: Pick<Config, 'tables' | 'dataSets'>,
): Scope {
  const target = decideTarget(request, env, config);
  const targetTable = `${target.schema}.${target.table}`;
  if (request.load_type === 'sample') {
    const scopeTable = `${target.schema}.${nameSampleTable(target.table)}`;
    return { targetTable, scopeTable, scopeKey: WHOLE_TABLE };
  }
  const isScoped = (config.tables.get(targetTable)?.scopeColumn ?? null) !== null;
  return { targetTable, scopeTable: targetTable, scopeKey: isScoped ? request.data_set : WHOLE_TABLE };
}

/**
 * `{table}_sample`, in at most 63 bytes. A long name is cut and told apart by a hash, since PostgreSQL would cut the
 * suffix and leave the target itself.
 */
export function nameSampleTable(table: string): string {
  const plain = table + SAMPLE_SUFFIX;
  if (Buffer.byteLength(plain) <= MAX_IDENTIFIER_BYTES) return plain;
  const ending = `_${createHash('sha256').update(table).digest('hex').slice(0, 8)}${SAMPLE_SUFFIX}`;
  return cutToBytes(table, MAX_IDENTIFIER_BYTES - ending.length) + ending;
}

function decideTarget(
  request: LoadRequest,
  env: EnvironmentConfig,
  { dataSets }: Pick<Config, 'dataSets'>,
): { schema: string; table: string } {
  const name =
    request.table ?? dataSets.get(request.data_set)?.table ?? request.data_set.replaceAll('-', '_');
  const [defaultSchema = 'public'] = env.targetSchemas;
  const [schema = '', table = ''] = name.includes('.') ? name.split('.', 2) : [defaultSchema, name];
  checkLength(table);
  checkSchema(schema, env);
  return { schema, table };
}

function checkLength(table: string): void {
  if (Buffer.byteLength(table) <= MAX_IDENTIFIER_BYTES) return;
  throw new CopydockError('invalid_request', `table is longer than ${MAX_IDENTIFIER_BYTES} bytes: ${table}`, {
    field: 'table',
    hint: 'PostgreSQL would cut the name; give the name that the table really has.',
  });
}

function checkSchema(schema: string, env: EnvironmentConfig): void {
  if (env.targetSchemas.includes(schema)) return;
  throw new CopydockError(
    'target_schema_not_allowed',
    `table: schema ${schema} is not a target of ${env.name}; it may be ${env.targetSchemas.join(', ')}`,
    {
      field: 'table',
      hint: `Correct table, or add the schema to environments.${env.name}.target_schemas in the configuration.`,
    },
  );
}

/** Cuts whole characters. */
function cutToBytes(text: string, maxBytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > maxBytes) cut = [...cut].slice(0, -1).join('');
  return cut;
}
