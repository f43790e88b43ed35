import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { CopydockError } from '../loads/errors.js';
import { allowedMethods, type KnownRoutes } from './known-routes.js';
import { sendProblem } from './problem.js';
import type { App } from './types.js';

export function registerErrorHandlers(app: App, routes: KnownRoutes): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // Fastify looks at the Content-Type of some methods before it looks for their address.
    const isUnrouted = request.is404 && !(error instanceof CopydockError);
    return isUnrouted ? sendUnrouted(routes, request, reply) : sendError(error, request, reply);
  });
  app.setNotFoundHandler((request, reply) => sendUnrouted(routes, request, reply));
}

function sendUnrouted(routes: KnownRoutes, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const methods = allowedMethods(routes, request.url);
  if (methods.length === 0) {
    return sendProblem(reply, new CopydockError('not_found', `There is nothing at ${pathOf(request)}.`));
  }
  reply.header('Allow', methods.join(', '));
  const detail = `${pathOf(request)} does not take ${request.method}; it takes ${methods.join(', ')}.`;
  return sendProblem(reply, new CopydockError('method_not_allowed', detail));
}

export function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const explained = explainError(error);
  if (explained.status >= 500) request.log.error({ err: error }, 'request failed');
  return sendProblem(reply, explained);
}

function explainError(error: FastifyError | CopydockError): CopydockError {
  if (error instanceof CopydockError) return error;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new CopydockError('payload_too_large', 'The body is larger than 64 KiB.');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new CopydockError(
        'unsupported_media_type',
        'The Content-Type is not supported; expected application/json.',
      );
    case 'FST_ERR_BAD_URL':
      return new CopydockError('invalid_request', 'The address is not well formed.', {
        hint: 'Correct its escapes.',
      });
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new CopydockError('invalid_request', `The request is not well formed: ${error.message}.`);
  }
  return new CopydockError('internal_error', 'Something unexpected happened; the service log has it.', {
    cause: error,
  });
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}
