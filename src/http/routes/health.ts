import { CopydockError } from '../../loads/errors.js';
import { jsonResponse, problemResponses } from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';

const config = { access: 'public' as const };

const liveSchema = {
  operationId: 'livez',
  tags: ['service'],
  summary: 'Whether the process is alive',
  security: [],
  response: { 200: jsonResponse('Health', 'It is.'), ...problemResponses('invalid_request') },
};

const readySchema = {
  operationId: 'readyz',
  tags: ['service'],
  summary: 'Whether the process takes requests',
  description: 'Not while it stops, and not while the control database does not answer.',
  security: [],
  response: {
    200: jsonResponse('Health', 'It does.'),
    ...problemResponses('invalid_request', 'unavailable'),
  },
};

export function registerHealthRoutes(app: App, { service, isStopping }: RouteDeps): void {
  app.get('/livez', { schema: liveSchema, config }, async (_request, reply) =>
    reply.send({ status: 'alive' }),
  );

  app.get('/readyz', { schema: readySchema, config }, async (_request, reply) => {
    if (isStopping()) throw new CopydockError('unavailable', 'The service is stopping.');
    if (!(await service.isReady()))
      throw new CopydockError('unavailable', 'The control database does not answer.');
    return reply.send({ status: 'ready' });
  });
}
