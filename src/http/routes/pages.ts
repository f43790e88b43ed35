import { Type } from 'typebox';
import { makeDocsPage } from '../docs-page.js';
import type { Page } from '../html.js';
import { type OpenApiDocument, openApiOf } from '../openapi.js';
import { problemResponses, textResponse } from '../schemas/responses.js';
import type { App } from '../types.js';

const config = { access: 'public' as const };
const badRequest = problemResponses('invalid_request');
const common = { tags: ['service'], security: [] };

/** Made once, when the app is ready: the routes are all known then. */
export function registerPageRoutes(app: App): void {
  let document: OpenApiDocument | undefined;
  let docs: Page | undefined;
  app.addHook('onReady', async () => {
    document = openApiOf(app);
    docs = makeDocsPage(document);
  });

  const openApiSchema = {
    ...common,
    operationId: 'openapi',
    summary: 'This document',
    response: {
      ...badRequest,
      200: {
        description: 'OpenAPI 3.1.',
        content: { 'application/json': { schema: Type.Object({}, { additionalProperties: true }) } },
      },
    },
  };
  app.get('/openapi.json', { schema: openApiSchema, config }, async (_request, reply) =>
    reply.send(document ?? {}),
  );

  const docsSchema = {
    ...common,
    operationId: 'docs',
    summary: 'The documentation, for people',
    response: { ...badRequest, 200: textResponse('text/html', 'Every address and every error code.') },
  };
  app.get('/docs', { schema: docsSchema, config }, async (_request, reply) =>
    reply
      .header('Content-Security-Policy', docs?.contentSecurityPolicy)
      .type('text/html; charset=utf-8')
      .send(docs?.html ?? ''),
  );
}
