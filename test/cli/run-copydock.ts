import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Test } from 'tap';
import { serviceVariable } from '../services/service-variables.js';

const PROJECT_DIR = resolve(import.meta.dirname, '../..');

export interface Ended {
  /** null: ended by a signal. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  /** Resolves with all that was printed, once that matches; rejects when the process ends before. */
  printed(pattern: RegExp): Promise<string>;
  ended: Promise<Ended>;
}

/** Starts the real program in a process of its own, which is gone at the end of `t`. */
export function startCopydock(t: Test, args: string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [serviceVariable('TEST_PROGRAM'), ...args], {
    cwd: PROJECT_DIR,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, ...text }));
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  const printed = (pattern: RegExp) =>
    new Promise<string>((found, fail) => {
      const look = () => {
        const all = text.stdout + text.stderr;
        if (pattern.test(all)) found(all);
      };
      listeners.add(look);
      look();
      ended.then(({ stdout, stderr }) => fail(new Error(`ended without ${pattern}:\n${stdout}${stderr}`)));
    });
  return { child, printed, ended };
}

/** Runs the real program to its end. */
export function runCopydock(t: Test, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return startCopydock(t, args, env).ended;
}
