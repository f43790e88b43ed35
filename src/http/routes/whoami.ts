import { principalOf } from '../auth.js';
import { COMMON_PROBLEMS, jsonResponse, problemResponses } from '../schemas/responses.js';
import type { App } from '../types.js';

const schema = {
  operationId: 'whoami',
  tags: ['service'],
  summary: 'What your API key allows',
  description: 'Without configured keys everybody is `anonymous` and may write.',
  response: {
    200: jsonResponse('Caller', 'The key that was sent.'),
    ...problemResponses(...COMMON_PROBLEMS, 'invalid_request'),
  },
};

export function registerWhoamiRoute(app: App): void {
  app.get('/v1/whoami', { schema }, async (request, reply) => {
    const { name, environments, access } = principalOf(request);
    return reply.send({ name, environments, access });
  });
}
