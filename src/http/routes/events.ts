import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { Load } from '../../loads/load.js';
import { isTerminal } from '../../loads/load-status.js';
import { principalOf } from '../auth.js';
import { findLoad } from '../find-load.js';
import { toLoadBody } from '../load-body.js';
import { LoadFeed } from '../load-feed.js';
import { IdParamsSchema } from '../schemas/parameters.js';
import {
  COMMON_PROBLEMS,
  emptyResponse,
  eventSchema,
  eventsResponse,
  problemResponses,
} from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';

const schema = {
  operationId: 'followLoad',
  tags: ['loads'],
  summary: 'Follow a load as server-sent events',
  description:
    'Each event is named `load`, has `{attempt}-{version}` as its id and the load as its data. The first comes at once; the stream ends after a terminal state.',
  params: IdParamsSchema,
  headers: Type.Object({
    'last-event-id': Type.Optional(Type.String({ description: 'The last event that you have.' })),
  }),
  response: {
    200: eventsResponse(
      'The load, each time that it changes.',
      eventSchema('load', Type.Ref('Load#'), { id: Type.String({ pattern: '^[0-9]+-[0-9]+$' }) }),
    ),
    204: emptyResponse('The load is finished, and you have its last event.'),
    ...problemResponses(...COMMON_PROBLEMS, 'invalid_id', 'load_unknown'),
  },
};

export function registerEventsRoute(app: App, { service, stop }: RouteDeps): void {
  app.get('/v1/loads/:id/events', { schema, exposeHeadRoute: false }, async (request, reply) => {
    const { id } = request.params;
    const load = await findLoad(service, id, principalOf(request));
    if (isTerminal(load.status) && request.headers['last-event-id'] === eventIdOf(load)) {
      return reply.code(204).send();
    }
    const feed = new LoadFeed(service, id, stop);
    reply.raw.once('close', () => feed.close());
    reply.header('X-Accel-Buffering', 'no');
    return reply.type('text/event-stream').send(Readable.from(toEvents(feed), { objectMode: false }));
  });
}

async function* toEvents(feed: LoadFeed): AsyncGenerator<string> {
  for await (const load of feed.changes()) yield load ? toEvent(load) : ': still here\n\n';
}

function toEvent(load: Load): string {
  return `event: load\nid: ${eventIdOf(load)}\ndata: ${JSON.stringify(toLoadBody(load))}\n\n`;
}

function eventIdOf({ attempt, version }: Load): string {
  return `${attempt}-${version}`;
}
