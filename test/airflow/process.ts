import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

const GRACE_MS = 20_000;

export interface ServerProcess {
  name: string;
  logFile: string;
  isRunning(): boolean;
  /** The end of its log. */
  tail(): Promise<string>;
  /** SIGTERM, or another signal, to its whole group; SIGKILL after a grace time. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) killGroup(child, 'SIGTERM');
});

/** In a group of its own, since Airflow's processes start others; ended with this process at the latest. */
export function startServer(
  name: string,
  command: [string, ...string[]],
  options: { cwd: string; env: NodeJS.ProcessEnv; logFile: string },
): ServerProcess {
  const log = openSync(options.logFile, 'a');
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  running.add(child);
  const ended = once(child, 'exit').finally(() => running.delete(child));
  ended.catch(() => {});
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    name,
    logFile: options.logFile,
    isRunning,
    tail: async () => (await readFile(options.logFile, 'utf8')).split('\n').slice(-15).join('\n'),
    stop: async (signal = 'SIGTERM') => {
      if (!isRunning()) return;
      killGroup(child, signal);
      const timer = setTimeout(() => killGroup(child, 'SIGKILL'), GRACE_MS);
      await ended;
      clearTimeout(timer);
      killGroup(child, 'SIGKILL');
    },
  };
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
