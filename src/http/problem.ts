import type { FastifyReply } from 'fastify';
import type { CopydockError } from '../loads/errors.js';
import { RequestError } from '../loads/request.js';
import type { Problem } from './schemas/problem.js';

/** Seconds after which it is worth asking again. */
const RETRY_AFTER_S: Record<number, number> = { 429: 30, 503: 5 };

export function toProblem(error: CopydockError, instance: string, status: number = error.status): Problem {
  const { code, detail, hint, field, object, line, column, value } = error.report;
  return {
    type: `/docs#${code}`,
    title: error.title,
    status,
    code,
    detail,
    hint,
    instance,
    ...(field === undefined ? {} : { field }),
    ...(object === undefined ? {} : { object }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(value === undefined ? {} : { value }),
    ...(error instanceof RequestError ? { errors: [...error.problems] } : {}),
  };
}

/** `status`: of the answer, where the error is not the request's own. */
export function sendProblem(
  reply: FastifyReply,
  error: CopydockError,
  status: number = error.status,
): FastifyReply {
  if (status === 401) reply.header('WWW-Authenticate', 'Bearer realm="copydock"');
  const retryAfterS = RETRY_AFTER_S[status];
  if (retryAfterS !== undefined) reply.header('Retry-After', retryAfterS);
  const instance = reply.request.url.split('?', 1)[0] ?? '/';
  return reply
    .code(status)
    .type('application/problem+json')
    .send(toProblem(error, instance, status));
}
