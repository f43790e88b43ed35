import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type Asset, readAssets } from '../../dashboard/assets.js';
import { CopydockError } from '../../loads/errors.js';
import { namesEtag } from '../load-body.js';
import { problemResponses, textResponse } from '../schemas/responses.js';
import type { App } from '../types.js';

/** Nothing from elsewhere, nothing inline, and no text that becomes HTML: not even the page's own code may make any. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const config = { access: 'public' as const };

const schema = {
  operationId: 'loadsPage',
  tags: ['service'],
  security: [],
  summary: 'The dashboard, for people',
  description: 'It reads this API; where API keys are configured it asks for one.',
  querystring: Type.Object({
    load: Type.Optional(Type.String({ description: 'The load to show.' })),
    env: Type.Optional(Type.String({ description: 'Show loads of this environment.' })),
    data_set: Type.Optional(Type.String({ description: 'Show loads of this data set.' })),
    status: Type.Optional(Type.String({ description: 'List loads in this state.' })),
  }),
  response: { ...problemResponses('invalid_request'), 200: textResponse('text/html', 'The page.') },
};

export function registerDashboard(app: App): void {
  const assets = readAssets();

  app.get('/', { schema, config }, async (request, reply) => {
    reply.header('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    reply.header('Cross-Origin-Opener-Policy', 'same-origin');
    return sendAsset(request, reply, assets.get('index.html'));
  });

  app.get<{ Params: { file: string } }>(
    '/dashboard/:file',
    { schema: { hide: true }, config },
    async (request, reply) => sendAsset(request, reply, assets.get(request.params.file)),
  );
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset | undefined): FastifyReply {
  if (!asset) throw new CopydockError('not_found', 'The dashboard has no such file.');
  reply.header('ETag', asset.etag);
  if (namesEtag(request.headers['if-none-match'], asset.etag)) return reply.code(304).send();
  return reply.type(asset.mediaType).send(asset.content);
}
