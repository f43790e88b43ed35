import { setMaxListeners } from 'node:events';
import type { App } from './types.js';

/** Those who wait are let go at once, so what is left are answers of milliseconds. */
const PATIENCE_MS = 5_000;

/**
 * The signal that the app closes: whoever waits or follows is let go, and the close goes on when all answers are out.
 * The app must be made with `forceCloseConnections: true`: a connection that was opened ahead and never used is not
 * idle to Node, and would hold up the close for more than a minute.
 */
export function registerDraining(app: App): AbortSignal {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  let underWay = 0;
  let onDrained = () => {};

  app.addHook('onRequest', async (_request, reply) => {
    underWay += 1;
    reply.raw.once('close', () => {
      underWay -= 1;
      if (underWay === 0) onDrained();
    });
  });
  app.addHook('onSend', async (_request, reply) => {
    if (stop.signal.aborted) reply.header('Connection', 'close');
  });
  app.addHook('preClose', async () => {
    stop.abort();
    if (underWay === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      onDrained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  });
  return stop.signal;
}
