import { Type } from 'typebox';
import { CopydockError } from '../../loads/errors.js';
import { principalOf } from '../auth.js';
import { findLoad, loadUnknown } from '../find-load.js';
import { linksOf, toAccepted } from '../load-body.js';
import { IdParamsSchema } from '../schemas/parameters.js';
import { COMMON_PROBLEMS, jsonResponse, LOCATION_HEADER, problemResponses } from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';
import { RETRY_AFTER_S } from './submit.js';

const schema = {
  operationId: 'retryLoad',
  tags: ['loads'],
  summary: 'Begin a new attempt of a failed or cancelled load',
  params: IdParamsSchema,
  response: {
    202: jsonResponse('Accepted', 'A new attempt has begun.', {
      ...LOCATION_HEADER,
      'Retry-After': Type.Integer(),
    }),
    ...problemResponses(
      ...COMMON_PROBLEMS,
      'invalid_request',
      'invalid_id',
      'load_unknown',
      'load_not_retryable',
    ),
  },
};

export function registerRetryRoute(app: App, { service }: RouteDeps): void {
  app.post('/v1/loads/:id/retry', { schema, config: { access: 'write' } }, async (request, reply) => {
    const { id } = request.params;
    await findLoad(service, id, principalOf(request));
    const retried = await service.retry(id);
    if (!retried) throw loadUnknown(id);
    const { outcome, load } = retried;
    if (outcome === 'not_retryable') {
      throw new CopydockError('load_not_retryable', `The load ${id} is ${load.status}.`);
    }
    reply.code(202).header('Location', linksOf(id).status_url).header('Retry-After', RETRY_AFTER_S);
    return reply.send(toAccepted(load));
  });
}
