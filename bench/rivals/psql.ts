import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { targetUrl } from '../databases.js';
import { type Figures, measure, timed } from '../measure.js';
import { cpuSecondsOfEndedChildren } from '../process-figures.js';
import { COLUMNS } from '../rows.js';
import type { Source } from '../source.js';
import type { World } from '../world.js';

/** What an engineer would do instead: `psql`, one transaction, `\copy` from local files. */
export interface PsqlLoad {
  table: string;
  /** Run first in the transaction: a DELETE, or nothing. */
  before: string;
  source: Source;
}

export async function runPsql(world: World, load: PsqlLoad): Promise<Figures> {
  return measure(world, cpuSecondsOfEndedChildren, () => timed(() => psql(targetUrl(world), script(load))));
}

/** Runs a script in one transaction; its first error ends it. */
export async function psql(url: string, text: string): Promise<void> {
  const child = spawn('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '--single-transaction', '-f', '-', url], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(text);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`psql ended with ${code}`);
}

export function script({ table, before, source }: PsqlLoad): string {
  const copies = source.localFiles.map(
    (file) => `\\copy ${table} (${COLUMNS.join(', ')}) from '${file}' with (format csv, header)`,
  );
  return [before, ...copies, ''].join('\n');
}
