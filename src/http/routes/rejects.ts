import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { Reject } from '../../loads/reject.js';
import { principalOf } from '../auth.js';
import { takePage } from '../cursor.js';
import { findLoad } from '../find-load.js';
import { prefers } from '../prefers.js';
import { writeRejects } from '../reject-csv.js';
import { IdParamsSchema, RejectsQuerySchema } from '../schemas/parameters.js';
import { COMMON_PROBLEMS, jsonResponse, LINK_HEADER, problemResponses } from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';

const PAGE_SIZE = 100;

const page = jsonResponse('RejectPage', 'A page of rejects; as CSV all of them.', LINK_HEADER);

const schema = {
  operationId: 'readRejects',
  tags: ['loads'],
  summary: 'Read the records that were left out (`on_error: skip`)',
  description:
    'They are there once every part is copied, or the load has failed. At most 10,000 are kept; `rejected` counts all. `Accept: text/csv` gives all that are kept with the columns of the source, to be mended and loaded as a delta.',
  params: IdParamsSchema,
  querystring: RejectsQuerySchema,
  response: {
    200: {
      ...page,
      content: { ...page.content, 'text/csv': { schema: Type.Unsafe<Readable>({ type: 'string' }) } },
    },
    ...problemResponses(...COMMON_PROBLEMS, 'invalid_request', 'invalid_id', 'load_unknown'),
  },
};

export function registerRejectsRoute(app: App, { service }: RouteDeps): void {
  app.get('/v1/loads/:id/rejects', { schema }, async (request, reply) => {
    const { id } = request.params;
    const limit = request.query.limit ?? PAGE_SIZE;
    const after = Number(request.query.cursor ?? 0);
    await findLoad(service, id, principalOf(request));
    reply.header('Vary', 'Accept');
    if (prefers(request.headers.accept, 'text/csv')) {
      reply.header('Content-Disposition', `attachment; filename="rejects-${id}.csv"`);
      return reply.type('text/csv; charset=utf-8').send(Readable.from(writeRejects(service, id)));
    }
    const found = await service.rejects(id, after, limit + 1);
    const { items, nextCursor } = takePage(reply, found.items, limit, ({ seq }) => seq);
    return reply.send({ rejected: found.rejected, items: items.map(toItem), next_cursor: nextCursor });
  });
}

function toItem({ columns, values, ...item }: Reject) {
  return item;
}
