import type { Play } from '../play.js';
import { watchRereads } from '../staged-work.js';
import type { FaultKind } from './fault-kind.js';

/** Shutdown phases of a worker with a timeout of 0 s, on a slow machine. */
const STOP_TIMEOUT_MS = 60_000;
/** What a worker that has lost its load may not come to. */
const FORBIDDEN = ['copying', 'committing', 'applied', 'committed', 'finished', 'objects_removed', 'cleaned'];

async function kill(play: Play): Promise<void> {
  const worker = await play.submitAndAct('SIGKILL');
  play.t.match(await worker.exited, { signal: 'SIGKILL' }, 'the worker is gone');
  const rereads = await watchRereads(play);
  await play.crew.replace();
  await play.world.api.waitUntilDone(play.id);
  await rereads.check();
}

/** Stopped past its lease, and continued when another worker has the load. */
async function stopPastLease(play: Play): Promise<void> {
  const zombie = await play.submitAndAct('SIGSTOP');
  const successor = await play.crew.replace();
  await successor.waitForStep('claimed', { load: play.id });
  const reported = zombie.steps.length;
  zombie.kill('SIGCONT');
  await zombie.waitForLog(/the load is left to the next worker/);
  await play.world.api.waitUntilDone(play.id);
  const late = zombie.steps.slice(reported).filter(({ load }) => load === play.id);
  play.t.same(
    late.filter(({ step }) => FORBIDDEN.includes(step)),
    [],
    'the worker that lost its load does nothing to it',
  );
  await zombie.destroy();
}

async function terminate(play: Play): Promise<void> {
  const worker = await play.submitAndAct('SIGTERM');
  const startedAt = performance.now();
  const timer = setTimeout(() => worker.kill('SIGKILL'), STOP_TIMEOUT_MS);
  play.t.match(await worker.exited, { code: 0 }, 'the worker ends by itself, and well');
  clearTimeout(timer);
  play.t.comment(`the worker ended after ${Math.round(performance.now() - startedAt)} ms`);
  await play.crew.replace();
}

export const PROCESS_FAULTS = {
  kill: { title: 'worker killed (kill -9)', play: kill },
  zombie: { title: 'worker stopped past its lease, then continued', play: stopPastLease },
  terminate: { title: 'worker told to stop (SIGTERM)', play: terminate },
} satisfies Record<string, FaultKind>;
