import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { sendError } from './error-handler.js';
import { unknownState } from './routes/settled.js';

/** An address whose escapes are wrong reaches no route; `settled` has no answer but its two even then. */
export function answerBadUrl(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?', 1)[0] ?? '';
  const id = /^\/v1\/loads\/([^/]*)\/settled\/?$/.exec(path)?.[1];
  if (request.method === 'GET' && id !== undefined) {
    reply.send(unknownState(id, 'This is not an id of a load.'));
    return;
  }
  sendError(error, request, reply);
}
