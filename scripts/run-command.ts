import { type SpawnSyncOptions, spawnSync } from 'node:child_process';

/** Runs a program to its end and answers what it printed; throws with its messages if it fails. */
export function run(command: string, args: string[], options: SpawnSyncOptions = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...options,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  if (status === 0) return stdout.trim();
  throw new Error(
    `${command} ${args.join(' ')} ended with ${status}: ${error?.message ?? `${stdout}${stderr}`}`,
  );
}
