import type { FastifyRequest } from 'fastify';
import { isLoadId } from '../../loads/load-id.js';
import { maySee } from '../auth.js';
import { toLoadState } from '../load-body.js';
import { ANY_KEY } from '../openapi.js';
import type { LoadOperations } from '../operations.js';
import type { LoadState } from '../schemas/answers.js';
import { SettledParamsSchema } from '../schemas/parameters.js';
import { jsonResponse } from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';

const schema = {
  operationId: 'readSettled',
  tags: ['sensors'],
  summary: 'Whether a load is finished, for deferrable sensors',
  description:
    'Only ever 404, "not yet", or 200: in every terminal state and, with status `unknown`, where there is nothing to tell of (an unknown or malformed id, no key or one that does not cover the load). The gate then says more. While the control database does not answer it is 404, so that a sensor goes on waiting.',
  // Without a key, or with one that is not valid, it is 200 as well.
  security: [{}, ...ANY_KEY],
  params: SettledParamsSchema,
  response: {
    200: jsonResponse('LoadState', 'There is nothing left to wait for.'),
    404: jsonResponse('LoadState', 'The load is not finished.'),
  },
};

export function registerSettledRoute(app: App, { service }: RouteDeps): void {
  app.get(
    '/v1/loads/:id/settled',
    { schema, config: { answersUnauthorized: true } },
    async (request, reply) => {
      const state = await readState(service, request.params.id, request);
      return reply.code(state.done ? 200 : 404).send(state);
    },
  );
}

/** Airflow's deferrable sensor pauses only after 404: any other error would be asked for hundreds of times a second. */
async function readState(service: LoadOperations, id: string, request: FastifyRequest): Promise<LoadState> {
  if (!request.principal)
    return unknownState(id, 'An API key is needed, or the one that was sent is not valid.');
  if (!isLoadId(id)) return unknownState(id, 'This is not an id of a load.');
  try {
    const load = await service.get(id);
    if (!load) return unknownState(id, 'No load has this id, or it has expired.');
    if (!maySee(request.principal, load.env)) return unknownState(id, 'The key does not cover this load.');
    return toLoadState(load);
  } catch (error) {
    request.log.warn({ err: error }, 'settled: the load could not be read');
    return { id, status: 'unknown', done: false, detail: 'The control database does not answer.' };
  }
}

export function unknownState(id: string, detail: string): LoadState {
  return { id: id.slice(0, 64), status: 'unknown', done: true, detail };
}
