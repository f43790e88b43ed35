import type { FastifyReply, FastifyRequest } from 'fastify';
import { CopydockError } from '../../loads/errors.js';
import { principalOf } from '../auth.js';
import { findLoad, loadUnknown } from '../find-load.js';
import { etagOf, toLoadBody } from '../load-body.js';
import { IdParamsSchema } from '../schemas/parameters.js';
import { COMMON_PROBLEMS, jsonResponse, problemResponses } from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';

const schema = {
  tags: ['loads'],
  summary: 'Cancel a load',
  description:
    'Idempotent. A finished load stays as it is; once its commit has begun a load cannot be cancelled.',
  params: IdParamsSchema,
  response: {
    200: jsonResponse('Load', 'The load is finished: cancelled, or as it was before.'),
    202: jsonResponse('Load', 'A worker will stop it.'),
    ...problemResponses(
      ...COMMON_PROBLEMS,
      'invalid_request',
      'invalid_id',
      'load_unknown',
      'load_not_cancellable',
    ),
  },
};

type IdRequest = FastifyRequest<{ Params: { id: string } }>;

export function registerCancelRoutes(app: App, { service }: RouteDeps): void {
  const cancel = async (request: IdRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { id } = request.params;
    await findLoad(service, id, principalOf(request));
    const cancelled = await service.cancel(id);
    if (!cancelled) throw loadUnknown(id);
    const { outcome, load } = cancelled;
    if (outcome === 'too_late') {
      throw new CopydockError(
        'load_not_cancellable',
        `The load ${id} is ${load.status}: it is too late to cancel it.`,
      );
    }
    reply.code(outcome === 'requested' ? 202 : 200).header('ETag', etagOf(load));
    return reply.send(toLoadBody(load));
  };
  const config = { access: 'write' as const };
  app.post('/v1/loads/:id/cancel', { schema: { ...schema, operationId: 'cancelLoad' }, config }, cancel);
  app.delete('/v1/loads/:id', { schema: { ...schema, operationId: 'deleteLoad' }, config }, cancel);
}
