import type { Copydock } from './copydock.js';
import type { Json } from './http-client.js';
import { type Figures, measure } from './measure.js';
import { peakMemoryMiB, resetPeakMemory } from './process-figures.js';
import type { World } from './world.js';

export type LoadRun =
  | { kind: 'done'; figures: Figures; rssMib: number; strategy: string; load: Json }
  /** The service's own words. */
  | { kind: 'refused'; reason: string };

/** Of a strategy that does not fit; any other failure is the benchmark's. */
const REFUSED = 'strategy_not_possible';

/** Posts a load and times it until its client hears that it succeeded; CPU and WAL include its clean-up. */
export async function runLoad(world: World, copydock: Copydock, request: Json): Promise<LoadRun> {
  resetPeakMemory(copydock.workerPid);
  let load: Json = {};
  let refusal: string | null = null;
  const figures = await measure(world, copydock.cpuSeconds, async () => {
    const start = performance.now();
    const { http, body } = await copydock.post(request);
    if (http !== 202) {
      refusal = explainRefusal(body);
      return 0;
    }
    load = await copydock.waitUntilEnded(String(body.id));
    const seconds = (performance.now() - start) / 1_000;
    load = await copydock.waitUntilCleanedUp(String(body.id));
    return seconds;
  });
  if (refusal !== null) return { kind: 'refused', reason: refusal };
  if (load.status !== 'succeeded') return { kind: 'refused', reason: explainRefusal(load.error as Json) };
  const { strategy } = load.commit_plan as { strategy: string };
  return { kind: 'done', figures, rssMib: peakMemoryMiB(copydock.workerPid), strategy, load };
}

function explainRefusal(problem: Json): string {
  if (problem.code === REFUSED) return String(problem.detail);
  throw new Error(`a load failed: ${JSON.stringify(problem)}`);
}
