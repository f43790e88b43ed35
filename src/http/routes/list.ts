import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import type { Load } from '../../loads/load.js';
import type { LoadFilter } from '../../loads/store.js';
import { principalOf, requireEnvironment } from '../auth.js';
import { takePage } from '../cursor.js';
import { etagOf, namesEtag, toLoadBody } from '../load-body.js';
import type { Principal } from '../operations.js';
import { LoadsQuerySchema } from '../schemas/parameters.js';
import {
  COMMON_PROBLEMS,
  emptyResponse,
  jsonResponse,
  LINK_HEADER,
  PAGE_ETAG_HEADER,
  problemResponses,
} from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';

const PAGE_SIZE = 50;

const schema = {
  operationId: 'listLoads',
  tags: ['loads'],
  summary: 'List loads, newest first',
  description: 'Only loads of environments that the key covers.',
  querystring: LoadsQuerySchema,
  headers: Type.Object({
    'if-none-match': Type.Optional(Type.String({ description: 'The ETag that you have.' })),
  }),
  response: {
    200: jsonResponse('LoadPage', 'A page of loads.', { ...LINK_HEADER, ...PAGE_ETAG_HEADER }),
    304: emptyResponse('The page is as you know it.', PAGE_ETAG_HEADER),
    ...problemResponses(...COMMON_PROBLEMS, 'invalid_request'),
  },
};

export function registerListRoute(app: App, { service }: RouteDeps): void {
  app.get('/v1/loads', { schema }, async (request, reply) => {
    const limit = request.query.limit ?? PAGE_SIZE;
    const filter = toFilter(request.query, principalOf(request));
    const loads = await service.list({ ...filter, limit: limit + 1 });
    const { items, nextCursor } = takePage(reply, loads, limit, (load) => load.load_order);
    const etag = etagOfPage(items, nextCursor);
    reply.header('ETag', etag);
    if (namesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();
    return reply.send({ items: items.map(toLoadBody), next_cursor: nextCursor });
  });
}

/** Of what each load's own ETag says, so that a page changes when a load of it does. */
function etagOfPage(page: Load[], nextCursor: string | null): string {
  const parts = [...page.map((load) => `${load.id} ${etagOf(load)}`), nextCursor ?? ''];
  return `"${createHash('sha256').update(parts.join('\n')).digest('base64url')}"`;
}

function toFilter(query: Static<typeof LoadsQuerySchema>, principal: Principal): Omit<LoadFilter, 'limit'> {
  const { env, data_set, status, done, table, from, to, cursor } = query;
  if (env !== undefined) requireEnvironment(principal, env);
  return {
    env,
    envs: principal.environments ?? undefined,
    data_set,
    status,
    done,
    table,
    from: readTime(from),
    to: readTime(to),
    before: cursor === undefined ? undefined : Number(cursor),
  };
}

/** A time as the query's schema has it; UTC where it names no offset. A `+` that was not escaped in the query has become a space. */
function readTime(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [, day, clock = '00:00', offset = 'Z'] = /^(.{10})(?:.([0-9:.]+)(.+)?)?$/.exec(text) ?? [];
  return new Date(`${day}T${clock}${offset.replace(' ', '+')}`).toISOString();
}
