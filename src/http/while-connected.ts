import type { FastifyReply } from 'fastify';

/**
 * Runs with a signal that is aborted when the client goes away or the app stops. Its listeners are taken away at the
 * end, so a long life of `stop` collects none.
 */
export async function whileConnected<T>(
  reply: FastifyReply,
  stop: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const scope = new AbortController();
  const end = () => scope.abort();
  if (stop.aborted || reply.raw.destroyed) end();
  stop.addEventListener('abort', end, { once: true });
  reply.raw.once('close', end);
  try {
    return await run(scope.signal);
  } finally {
    stop.removeEventListener('abort', end);
    reply.raw.removeListener('close', end);
  }
}
