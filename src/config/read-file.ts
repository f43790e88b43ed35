import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { ConfigError } from './config-error.js';
import { type ConfigFile, FileSchema } from './schema.js';
import { compileValidator, joinKey } from './validator.js';

const findProblems = compileValidator(FileSchema);
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}/g;

/** The file with `${VAR}` expanded, checked against its schema; empty where it breaks the schema. */
export async function readConfigFile(
  path: string,
  env: NodeJS.ProcessEnv,
  problems: string[],
): Promise<ConfigFile> {
  const content = parseYaml(path, await readText(path));
  const unset: string[] = [];
  const expanded = expand(content ?? {}, [], env, unset);
  const faults = findProblems(expanded);
  problems.push(...unset, ...faults.filter((fault) => !isExplained(fault, unset)));
  return faults.length === 0 ? (expanded as ConfigFile) : {};
}

/** The schema's complaint about a value that could not be expanded would only repeat the cause. */
function isExplained(fault: string, unset: string[]): boolean {
  return unset.some((problem) => problem.split(': ')[0] === fault.split(': ')[0]);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : `can't be read (${code})`;
    throw new ConfigError([`COPYDOCK_CONFIG: the file ${path} ${reason}; correct the path.`]);
  }
}

function parseYaml(path: string, text: string): unknown {
  const document = parseDocument(text);
  if (document.errors.length === 0) return document.toJS();
  const problems = document.errors.map(({ message, linePos }) => {
    const at = linePos ? `line ${linePos[0].line}, column ${linePos[0].col}` : 'the file';
    return `COPYDOCK_CONFIG: ${path} is not YAML at ${at}: ${message.split(' at line')[0]}.`;
  });
  throw new ConfigError(problems);
}

/** Only values are expanded, after parsing: what a variable holds can't change the file's structure. */
function expand(value: unknown, path: string[], env: NodeJS.ProcessEnv, problems: string[]): unknown {
  if (typeof value === 'string') return expandText(value, path, env, problems);
  if (Array.isArray(value))
    return value.map((item, index) => expand(item, [...path, String(index)], env, problems));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, expand(item, [...path, name], env, problems)]),
  );
}

function expandText(text: string, path: string[], env: NodeJS.ProcessEnv, problems: string[]): string {
  return text.replace(REFERENCE, (_, name: string, hasDefault: string | undefined, fallback: string) => {
    const value = env[name] || undefined;
    if (value !== undefined) return value;
    if (hasDefault !== undefined) return fallback;
    problems.push(
      `${joinKey(path)}: the variable ${name} is not set; set it, or write \${${name}:-} where it may be missing.`,
    );
    return '';
  });
}
