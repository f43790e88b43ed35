import type { Play } from '../play.js';
import { watchRereads } from '../staged-work.js';
import type { FaultKind } from './fault-kind.js';

/** Shutdown phases of a worker with a timeout of 0 s, on a slow machine. */
const STOP_TIMEOUT_MS = 60_000;
/** What a worker that has lost its load may not come to. What it had sent before may still be answered. */
export const FORBIDDEN = [
  'copying',
  'committing',
  'applied',
  'committed',
  'finished',
  'objects_removed',
  'cleaned',
];

async function kill(play: Play): Promise<void> {
  const worker = await play.submitAndAct('SIGKILL');
  play.t.match(await worker.exited, { signal: 'SIGKILL' }, 'the worker is gone');
  const rereads = await watchRereads(play);
  await play.crew.replace();
  await play.world.api.waitUntilDone(play.id);
  await rereads.check();
}

/**
 * Stopped past its lease, and continued while another worker has the load: in the middle of the other's transaction
 * where it was about to commit itself, else right after the other's claim.
 */
async function stopPastLease(play: Play): Promise<void> {
  const zombie = await play.submitAndAct('SIGSTOP');
  const step = play.cell.moment === 'before_commit' ? 'applied' : 'claimed';
  const successor = await play.crew.replace([{ step, act: 'pause', load: play.id }]);
  await successor.waitForArming(0);
  const reported = zombie.steps.length;
  zombie.kill('SIGCONT');
  await zombie.waitForLog(/the load is left to the next worker/);
  successor.resume();
  await play.world.api.waitUntilDone(play.id);
  const late = zombie.steps.slice(reported).filter(({ load }) => load === play.id);
  play.t.same(
    late.filter(({ step }) => FORBIDDEN.includes(step)),
    [],
    'the worker that lost its load does nothing to it',
  );
}

/** Continued in the very moment in which another worker claims the load: which of them commits is open, but one does. */
async function continueAtTakeover(play: Play): Promise<void> {
  const zombie = await play.submitAndAct('SIGSTOP');
  const successor = await play.crew.replace();
  await successor.waitForStep('claimed', { load: play.id });
  zombie.kill('SIGCONT');
  await zombie.waitForLog(/the load is left to the next worker/);
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
  zombie_race: {
    title: 'worker stopped past its lease, continued as another takes over',
    play: continueAtTakeover,
  },
  terminate: { title: 'worker told to stop (SIGTERM)', play: terminate },
} satisfies Record<string, FaultKind>;
