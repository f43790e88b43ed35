import type { FastifyReply } from 'fastify';

/**
 * The page of what was found by asking for one item more than it holds, and the cursor of the next one, which the answer's
 * Link header names, too. `positionOf`: what the next page begins after.
 */
export function takePage<T>(
  reply: FastifyReply,
  found: readonly T[],
  limit: number,
  positionOf: (item: T) => number,
): { items: T[]; nextCursor: string | null } {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  if (last === undefined) return { items, nextCursor: null };
  const nextCursor = String(positionOf(last));
  reply.header('Link', linkToNext(reply.request.url, nextCursor));
  return { items, nextCursor };
}

/** RFC 8288: the address of the next page, relative to the root. */
function linkToNext(url: string, cursor: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `<${path}?${parameters}>; rel="next"`;
}
