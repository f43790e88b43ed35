import { walBytes } from './databases.js';
import { cpuSeconds, cpuSecondsOfFamily } from './process-figures.js';
import { median } from './statistics.js';
import type { World } from './world.js';

/** What one run needed. */
export interface Figures {
  seconds: number;
  clientCpuSeconds: number;
  serverCpuSeconds: number;
  s3CpuSeconds: number;
  walBytes: number;
}

/**
 * Runs `work`, which answers its seconds: it may do more than it is timed for (such as wait for a clean-up), but pays
 * in CPU and WAL for all of it. The server's CPU includes its WAL writer and other helpers.
 */
export async function measure(
  world: World,
  clientCpu: () => number,
  work: () => Promise<number>,
): Promise<Figures> {
  const read = async () => ({
    wal: await walBytes(world),
    server: cpuSecondsOfFamily(world.postmasterPid),
    s3: cpuSeconds(world.s3.pid),
    client: clientCpu(),
  });
  const before = await read();
  const seconds = await work();
  const after = await read();
  return {
    seconds,
    clientCpuSeconds: after.client - before.client,
    serverCpuSeconds: after.server - before.server,
    s3CpuSeconds: after.s3 - before.s3,
    walBytes: after.wal - before.wal,
  };
}

/** Each figure's own median. */
export function medianFigures(runs: readonly Figures[]): Figures {
  const of = (name: keyof Figures) => median(runs.map((run) => run[name]));
  return {
    seconds: of('seconds'),
    clientCpuSeconds: of('clientCpuSeconds'),
    serverCpuSeconds: of('serverCpuSeconds'),
    s3CpuSeconds: of('s3CpuSeconds'),
    walBytes: of('walBytes'),
  };
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}
