import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const END_TIMEOUT_MS = 15_000;
const POLL_MS = 50;

/** The server that runs on this cluster, by its own pid file, or null. */
export function readPostmasterPid(cluster: string): number | null {
  let lines: string[];
  try {
    lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 1 && lines[1] === cluster && isPostmaster(pid) ? pid : null;
}

/** A process id is reused after a restart of the machine: only a live PostgreSQL counts. */
function isPostmaster(pid: number): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Ends the server that a killed run left behind, so that the cluster can be started again. */
export async function endStalePostmaster(cluster: string): Promise<void> {
  const pid = readPostmasterPid(cluster);
  if (pid === null) {
    await rm(join(cluster, 'postmaster.pid'), { force: true });
    return;
  }
  process.kill(pid, 'SIGINT');
  const deadline = performance.now() + END_TIMEOUT_MS;
  while (readPostmasterPid(cluster) !== null) {
    if (performance.now() > deadline) {
      throw new Error(
        `A PostgreSQL of an earlier run (process ${pid}) does not end: end it, then start again.`,
      );
    }
    await delay(POLL_MS);
  }
}
