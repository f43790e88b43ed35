import type { FastifyReply } from 'fastify';
import { CopydockError } from '../../loads/errors.js';
import type { Load } from '../../loads/load.js';
import { isTerminal } from '../../loads/load-status.js';
import { principalOf, requireEnvironment } from '../auth.js';
import { requireLoadId } from '../find-load.js';
import { toLoadState } from '../load-body.js';
import { sendProblem } from '../problem.js';
import { toReasonPhrase } from '../reason-phrase.js';
import { RepeatDelay } from '../repeat-delay.js';
import { IdParamsSchema } from '../schemas/parameters.js';
import { COMMON_PROBLEMS, jsonResponse, problemResponses } from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';
import { whileConnected } from '../while-connected.js';

/** Whatever ended the load: a 503 would say that the gate can't be read. */
const FAILED_STATUS = 409;

const schema = {
  operationId: 'readGate',
  tags: ['sensors'],
  summary: 'Whether a load succeeded, for HttpSensor',
  description:
    '404 means "not yet" and nothing else. A load that failed or was cancelled is 409, and its reason phrase says why; an id that nobody knows is 410. A 409 or 410 that is asked for again comes a second late.',
  params: IdParamsSchema,
  response: {
    200: jsonResponse('LoadState', 'The load succeeded.'),
    404: jsonResponse('LoadState', 'The load is not finished.'),
    ...problemResponses(...COMMON_PROBLEMS, 'invalid_id', 'load_gone'),
    409: {
      ...problemResponses('load_cancelled')[409],
      description: "The load failed or was cancelled: the code is the load's own, or `load_cancelled`.",
    },
  },
};

export function registerGateRoute(app: App, { service, stop }: RouteDeps): void {
  const repeats = new RepeatDelay();

  app.get('/v1/loads/:id/gate', { schema }, async (request, reply) => {
    const { id } = request.params;
    const principal = principalOf(request);
    requireLoadId(id);
    const load = await service.get(id);
    if (load) requireEnvironment(principal, load.env);
    if (load?.status === 'succeeded') return reply.send(toLoadState(load));
    if (load && !isTerminal(load.status)) {
      setReasonPhrase(reply, `Not finished: ${load.status}`);
      return reply.code(404).send(toLoadState(load));
    }
    const key = load ? `${id} ${load.attempt}` : id;
    await whileConnected(reply, stop, (signal) => repeats.beforeAnswer(key, signal));
    const problem = load ? explainOutcome(load) : loadGone(id);
    setReasonPhrase(reply, load ? `Load ${load.status}: ${problem.message}` : problem.message);
    return sendProblem(reply, problem, load ? FAILED_STATUS : problem.status);
  });
}

function explainOutcome({ id, status, error }: Load): CopydockError {
  if (status === 'cancelled') return new CopydockError('load_cancelled', `The load ${id} was cancelled.`);
  if (!error) return new CopydockError('internal_error', `The load ${id} failed without a reason.`);
  const { code, detail, retryable: _, ...extras } = error;
  return new CopydockError(code, detail, extras);
}

function loadGone(id: string): CopydockError {
  return new CopydockError('load_gone', `No load has the id ${id}, or it has expired.`);
}

function setReasonPhrase(reply: FastifyReply, text: string): void {
  reply.raw.statusMessage = toReasonPhrase(text);
}
