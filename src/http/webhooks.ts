import type { OpenAPIV3_1 } from 'openapi-types';
import { TERMINAL_STATUSES } from '../loads/load-status.js';

const header = (name: string, description: string): OpenAPIV3_1.ParameterObject => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
});

/** What the service sends by itself, where the configuration names a receiver: docs/webhooks.md. */
export const WEBHOOKS: Record<string, OpenAPIV3_1.PathItemObject> = {
  loadEnded: {
    post: {
      operationId: 'loadEnded',
      tags: ['loads'],
      summary: 'A load has ended',
      description:
        'Sent to the webhook of the environment, signed as Standard Webhooks says (https://www.standardwebhooks.com), again and again for a day until it is taken. It may come twice, under the same `webhook-id`.',
      security: [],
      parameters: [
        header('webhook-id', 'The event; the same over all deliveries.'),
        header('webhook-timestamp', 'Seconds since 1970, of this delivery.'),
        header('webhook-signature', 'By spaces, `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.'),
      ],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['type', 'timestamp', 'data'],
              properties: {
                type: { type: 'string', enum: TERMINAL_STATUSES.map((status) => `load.${status}`) },
                timestamp: { type: 'string', format: 'date-time', description: 'When the load ended.' },
                data: { $ref: '#/components/schemas/Load' },
              },
            },
          },
        },
      },
      responses: {
        '2XX': { description: 'The event was taken.' },
        '410': { description: 'The event is not sent again.' },
        default: { description: 'The event is sent again later; `Retry-After` counts with 429 and 503.' },
      },
    },
  },
};
