import { setTimeout as delay } from 'node:timers/promises';
import { listenForSignals } from './signals.js';

/** Names a step of the way down. Steps run in the reverse order of their registration. */
export type OnStop = (name: string, stop: () => Promise<void>) => void;

export interface ServiceLogger {
  info(message: string): void;
  error(fields: object, message: string): void;
}

export interface ServiceOptions {
  /** After this the process ends, whatever still runs. */
  deadlineMs: number;
  logger: ServiceLogger;
}

interface Phase {
  name: string;
  stop(): Promise<void>;
}

/**
 * Starts a service, keeps it until a signal or a fault that nobody caught, and stops what it registered, the last
 * first. Resolves with the process's exit code; a `start` that resolves with one ends by itself. One that fails is
 * undone, then rejects. `signal` is aborted by the first signal; a second one ends the process at once.
 */
export async function runUntilStopped(
  start: (onStop: OnStop, signal: AbortSignal) => Promise<number | undefined>,
  { deadlineMs, logger }: ServiceOptions,
): Promise<number> {
  const phases: Phase[] = [];
  const interruption = new AbortController();
  const ending = waitForEnd(interruption, logger);
  try {
    const ended = await start((name, stop) => phases.unshift({ name, stop }), interruption.signal);
    const exitCode = ended ?? (await ending);
    return (await stopPhases(phases, deadlineMs, logger)) ? exitCode : 1;
  } catch (error) {
    await stopPhases(phases, deadlineMs, logger);
    throw error;
  }
}

function waitForEnd(interruption: AbortController, logger: ServiceLogger): Promise<number> {
  return new Promise((resolve) => {
    listenForSignals((signal) => {
      logger.info(`stopping on ${signal}; once more ends at once`);
      interruption.abort(new Error(`interrupted by ${signal}`));
      resolve(0);
    });
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (err: unknown) => {
        logger.error({ err }, 'an error that nobody caught; stopping');
        interruption.abort(err);
        resolve(1);
      });
    }
  });
}

/** Answers whether all of it was stopped in time and without a fault. */
async function stopPhases(phases: Phase[], deadlineMs: number, logger: ServiceLogger): Promise<boolean> {
  const tooLate = delay(deadlineMs, 'late' as const, { ref: false });
  let isClean = true;
  for (const { name, stop } of phases) {
    const stopped = stop().catch((err: unknown) => {
      logger.error({ err }, `${name} did not stop as it should`);
      isClean = false;
    });
    if ((await Promise.race([stopped, tooLate])) === 'late') {
      logger.error({ deadlineMs }, `${name} did not stop in time`);
      return false;
    }
  }
  return isClean;
}
