import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { AllLoadsFeed } from '../all-loads-feed.js';
import { principalOf } from '../auth.js';
import { toLoadBody } from '../load-body.js';
import { COMMON_PROBLEMS, eventSchema, eventsResponse, problemResponses } from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';

const schema = {
  operationId: 'followLoads',
  tags: ['loads'],
  summary: 'Follow all loads as server-sent events',
  description:
    'Loads of environments that the key covers. Each event is named `load` and has the load as its data; one named `missed` says that any load may have changed, so that the list is to be read again. The first line comes at once: what changes after it is told.',
  response: {
    200: eventsResponse(
      'Loads, each time that they change.',
      eventSchema('load', Type.Ref('Load#')),
      eventSchema('missed', Type.Object({})),
    ),
    ...problemResponses(...COMMON_PROBLEMS),
  },
};

export function registerAllEventsRoute(app: App, { service, stop }: RouteDeps): void {
  app.get('/v1/events', { schema, exposeHeadRoute: false }, async (request, reply) => {
    const feed = new AllLoadsFeed(service, principalOf(request).environments, stop);
    reply.raw.once('close', () => feed.close());
    reply.header('X-Accel-Buffering', 'no');
    return reply.type('text/event-stream').send(Readable.from(toEvents(feed), { objectMode: false }));
  });
}

async function* toEvents(feed: AllLoadsFeed): AsyncGenerator<string> {
  for await (const news of feed.changes()) {
    if (news === null) yield ': still here\n\n';
    for (const load of news?.loads ?? []) yield toEvent('load', toLoadBody(load));
    if (news?.hasMissed) yield toEvent('missed', {});
  }
}

function toEvent(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
