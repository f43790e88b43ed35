import type { ConfigFile } from './schema.js';
import type { ApiKeyConfig } from './types.js';

export function buildApiKeys(
  entries: NonNullable<ConfigFile['api_keys']>,
  knownEnvironments: string[],
  problems: string[],
): ApiKeyConfig[] {
  const apiKeys = entries.map(({ name, sha256, environments, access }) => ({
    name,
    sha256,
    environments: environments ?? null,
    access,
  }));
  for (const [index, key] of apiKeys.entries()) {
    problems.push(
      ...findUnknownEnvironments(key, index, knownEnvironments),
      ...findRepetitions(apiKeys, index),
    );
  }
  return apiKeys;
}

function findUnknownEnvironments({ environments }: ApiKeyConfig, index: number, known: string[]): string[] {
  return (environments ?? [])
    .filter((name) => !known.includes(name))
    .map((name) => `api_keys[${index}].environments: ${name} is not known; known are ${known.join(', ')}.`);
}

/** Several keys may be valid at once, each under a name of its own, so that a log tells who it was. */
function findRepetitions(keys: ApiKeyConfig[], index: number): string[] {
  const key = keys[index];
  const earlier = keys.slice(0, index);
  const problems: string[] = [];
  if (earlier.some(({ name }) => name === key?.name)) {
    problems.push(`api_keys[${index}].name: ${key?.name} stands twice; give each key a name of its own.`);
  }
  if (earlier.some(({ sha256 }) => sha256 === key?.sha256)) {
    problems.push(`api_keys[${index}].sha256: another entry has the same key; remove one.`);
  }
  return problems;
}
