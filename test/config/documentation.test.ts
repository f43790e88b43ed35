import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import t from 'tap';
import { FileSchema } from '../../src/config/schema.js';
import { VariablesSchema } from '../../src/config/variables-schema.js';

const PAGE = await readFile(resolve(import.meta.dirname, '../../docs/configuration.md'), 'utf8');

/** Names of properties at every depth of a JSON schema. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, additionalProperties, items } = schema as Record<string, unknown>;
  const own = Object.entries(properties as Record<string, unknown>);
  return [
    ...own.flatMap(([name, inner]) => [name, ...keysOf(inner)]),
    ...keysOf(additionalProperties),
    ...keysOf(items),
  ];
}

t.test('the page names every variable', async (t) => {
  const rows = PAGE.match(/^\| `[A-Z_0-9`, ]+/gm)?.join('') ?? '';
  const named = [...rows.matchAll(/`([A-Z_0-9]+)`/g)].map(([, name]) => name);
  t.same(named.sort(), Object.keys(VariablesSchema.properties).sort());
});

t.test('the page names every key of the file', async (t) => {
  const keys = keysOf(FileSchema);
  t.ok(keys.includes('scope_column') && keys.includes('delimiter') && keys.includes('sha256'));
  for (const key of keys) t.match(PAGE, `\`${key}\``);
});
