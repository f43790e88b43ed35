import { Type } from 'typebox';
import type { LogLine } from '../../loads/load.js';
import { printable } from '../../loads/printable.js';
import { principalOf } from '../auth.js';
import { takePage } from '../cursor.js';
import { findLoad } from '../find-load.js';
import { prefers } from '../prefers.js';
import { IdParamsSchema, LogsQuerySchema } from '../schemas/parameters.js';
import { COMMON_PROBLEMS, jsonResponse, LINK_HEADER, problemResponses } from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';

const PAGE_SIZE = 1_000;

const page = jsonResponse('LogPage', 'A page of lines.', LINK_HEADER);

const schema = {
  operationId: 'readLogs',
  tags: ['loads'],
  summary: "Read the load's own log",
  description: 'Oldest first. `Accept: text/plain` gives plain lines: time, level, message.',
  params: IdParamsSchema,
  querystring: LogsQuerySchema,
  response: {
    200: { ...page, content: { ...page.content, 'text/plain': { schema: Type.String() } } },
    ...problemResponses(...COMMON_PROBLEMS, 'invalid_request', 'invalid_id', 'load_unknown'),
  },
};

export function registerLogsRoute(app: App, { service }: RouteDeps): void {
  app.get('/v1/loads/:id/logs', { schema }, async (request, reply) => {
    const { id } = request.params;
    const limit = request.query.limit ?? PAGE_SIZE;
    const after = Number(request.query.cursor ?? 0);
    await findLoad(service, id, principalOf(request));
    const lines = await service.logs(id, after, limit + 1);
    const { items, nextCursor } = takePage(reply, lines, limit, ({ seq }) => seq);
    reply.header('Vary', 'Accept');
    if (!prefers(request.headers.accept, 'text/plain')) return reply.send({ items, next_cursor: nextCursor });
    return reply.type('text/plain; charset=utf-8').send(items.map(toTextLine).join(''));
  });
}

function toTextLine({ at, level, message }: LogLine): string {
  return `${at} ${level} ${printable(message)}\n`;
}
