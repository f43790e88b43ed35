import { CopydockError } from '../../loads/errors.js';
import type { ApiMetrics } from '../../metrics/api-metrics.js';
import { principalOf } from '../auth.js';
import { problemResponses, textResponse } from '../schemas/responses.js';
import type { App } from '../types.js';

const schema = {
  operationId: 'metrics',
  tags: ['service'],
  summary: 'Metrics, for Prometheus',
  description:
    'In the text format. The key must cover every environment. `COPYDOCK_METRICS_PORT` serves the same without a key, on a port of its own.',
  response: {
    200: textResponse('text/plain', 'Metrics of this process and of the control database.'),
    ...problemResponses('invalid_request', 'unauthorized', 'forbidden'),
  },
};

export function registerMetricsRoute(app: App, metrics: Pick<ApiMetrics, 'render'>): void {
  app.get('/metrics', { schema }, async (request, reply) => {
    const { name, environments } = principalOf(request);
    if (environments !== null) {
      throw new CopydockError(
        'forbidden',
        `The key ${name} does not cover every environment, which metrics tell of.`,
        {
          hint: 'Use a key without environments, or COPYDOCK_METRICS_PORT.',
        },
      );
    }
    const { mediaType, text } = await metrics.render();
    return reply.type(mediaType).send(text);
  });
}
