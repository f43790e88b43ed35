import type pg from 'pg';
import {
  findMissingGrants,
  type Grant,
  type RoleKind,
  readGrants,
  readSchemaRights,
  type SchemaRights,
} from '../../postgres/inspect/rights.js';
import type { ServerFacts } from '../../postgres/inspect/server.js';
import { type Check, type Finding, failed, failedBy, look, ok, warning } from './check.js';

const NAMED_AT_MOST = 5;

/** Copydock's own tables: the rights that `migrations/roles` gives, and no superuser's. */
export function checkGrants(
  pool: pg.Pool,
  subject: string,
  { role, isSuperuser }: ServerFacts,
  kind: RoleKind,
): Promise<Check> {
  const file = `migrations/roles/${kind}.sql`;
  const hint = `run ${file} as the owner, and GRANT copydock_${kind} TO ${role}`;
  return look(
    subject,
    'rights',
    async () => {
      if (isSuperuser) return warning(`role ${role} is a superuser`, `log in as a role with ${file} alone`);
      const missing = await findMissingGrants(pool, await readGrants(kind));
      return missing.length === 0
        ? ok(`role ${role} has the rights of ${file}`)
        : failed(`role ${role} lacks ${nameGrants(missing)}`, hint);
    },
    hint,
  );
}

/** `SELECT, INSERT on copydock.fences`, by object. */
function nameGrants(missing: readonly Grant[]): string {
  const objects = new Map<string, string[]>();
  for (const { privilege, kind, object } of missing) {
    const name = kind === 'TABLE' ? object : `${kind.toLowerCase()} ${object}`;
    objects.set(name, [...(objects.get(name) ?? []), privilege]);
  }
  return nameSome(
    [...objects].map(([name, privileges]) => `${privileges.join(', ')} on ${name}`),
    '; ',
  );
}

/** The schemas that an environment loads into. */
export async function* checkSchemas(
  pool: pg.Pool,
  subject: string,
  schemas: readonly string[],
): AsyncGenerator<Check> {
  let rights: SchemaRights[];
  try {
    rights = await readSchemaRights(pool, schemas);
  } catch (error) {
    yield {
      subject,
      check: 'schemas',
      ...failedBy(error, 'look at the server, then run copydock doctor again'),
    };
    return;
  }
  for (const schema of rights) yield { subject, check: `schema ${schema.schema}`, ...judgeSchema(schema) };
}

function judgeSchema({ schema, exists, hasUsage, hasCreate, tables, refused }: SchemaRights): Finding {
  const script = `run migrations/roles/loader.sql with copydock.target_schemas=${schema}`;
  if (!exists) return failed('it does not exist', 'create it, or correct target_schemas');
  if (!hasUsage) return failed('the role lacks USAGE on it', script);
  if (refused.length > 0) {
    return warning(
      `of ${tables} tables ${refused.length} can't be loaded: the role may not read and write ${nameSome(refused)}`,
      `${script}, if they are to be loaded`,
    );
  }
  const create = hasCreate ? '' : '; no CREATE, so no samples, no create_table, no swap';
  return ok(`tables that can be loaded: ${tables}${create}`);
}

export function nameSome(names: readonly string[], separator = ', '): string {
  const rest = names.length - NAMED_AT_MOST;
  const named = names.slice(0, NAMED_AT_MOST).join(separator);
  return rest > 0 ? `${named} and ${rest} more` : named;
}
