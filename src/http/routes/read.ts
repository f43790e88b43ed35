import { Type } from 'typebox';
import type { Load } from '../../loads/load.js';
import { principalOf } from '../auth.js';
import { findLoad, loadUnknown } from '../find-load.js';
import { etagOf, namesEtag, toLoadBody } from '../load-body.js';
import { IdParamsSchema, WaitQuerySchema } from '../schemas/parameters.js';
import {
  COMMON_PROBLEMS,
  ETAG_HEADER,
  emptyResponse,
  jsonResponse,
  problemResponses,
} from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';
import { readWaitPreference } from '../wait-preference.js';
import { whileConnected } from '../while-connected.js';

const schema = {
  operationId: 'readLoad',
  tags: ['loads'],
  summary: 'Read a load',
  description:
    'As long as its record exists. With `wait`, answers as soon as the status or the attempt changes; with `wait` and `If-None-Match`, as soon as anything does; at once if the load is finished.',
  params: IdParamsSchema,
  querystring: WaitQuerySchema,
  headers: Type.Object({
    'if-none-match': Type.Optional(Type.String({ description: 'The ETag that you have.' })),
    prefer: Type.Optional(Type.String({ description: '`wait=30`', examples: ['wait=30'] })),
  }),
  response: {
    200: jsonResponse('Load', 'The load.', ETAG_HEADER),
    304: emptyResponse('It is as you know it.', ETAG_HEADER),
    ...problemResponses(...COMMON_PROBLEMS, 'invalid_request', 'invalid_id', 'load_unknown'),
  },
};

export function registerReadRoute(app: App, { service, stop }: RouteDeps): void {
  app.get('/v1/loads/:id', { schema }, async (request, reply) => {
    const { id } = request.params;
    const known = request.headers['if-none-match'];
    const prefer = [request.headers.prefer ?? ''].flat().join(', ');
    const wait = readWaitPreference(request.query.wait, prefer);
    const now = await findLoad(service, id, principalOf(request));

    const waitFor = async (since: Parameters<typeof service.waitForChange>[1]): Promise<Load> => {
      const changed = await whileConnected(reply, stop, (signal) =>
        service.waitForChange(id, since, wait.seconds * 1_000, signal),
      );
      if (!changed) throw loadUnknown(id);
      return changed;
    };
    let load = now;
    if (wait.seconds > 0 && known === undefined) {
      load = await waitFor({ status: now.status, attempt: now.attempt });
    } else if (wait.seconds > 0 && namesEtag(known, etagOf(now))) {
      load = await waitFor({ version: now.version });
    }

    if (wait.preferred) reply.header('Preference-Applied', `wait=${wait.seconds}`);
    const etag = etagOf(load);
    reply.header('ETag', etag);
    if (namesEtag(known, etag)) return reply.code(304).send();
    return reply.send(toLoadBody(load));
  });
}
