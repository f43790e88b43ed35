import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Load } from '../../loads/load.js';
import { principalOf } from '../auth.js';
import { requireLoadId } from '../find-load.js';
import { readIdempotencyKey } from '../idempotency-key.js';
import { linksOf, toAccepted } from '../load-body.js';
import { IdParamsSchema } from '../schemas/parameters.js';
import { COMMON_PROBLEMS, jsonResponse, LOCATION_HEADER, problemResponses } from '../schemas/responses.js';
import { traceSubmission } from '../trace-submission.js';
import type { App, RouteDeps } from '../types.js';

/** How long a client may well wait before it asks for the status. */
export const RETRY_AFTER_S = 5;

const response = {
  202: jsonResponse('Accepted', 'The load is accepted. Nothing was loaded yet.', {
    ...LOCATION_HEADER,
    'Retry-After': Type.Integer({ description: 'Seconds after which it is worth asking.' }),
    'Idempotency-Replayed': Type.String({ description: '`true` where the same request came before.' }),
  }),
  ...problemResponses(
    ...COMMON_PROBLEMS,
    'invalid_request',
    'invalid_id',
    'payload_too_large',
    'unsupported_media_type',
    'unrendered_template',
    'environment_unknown',
    'environment_not_configured',
    'staging_bucket_not_allowed',
    'source_bucket_not_allowed',
    'target_schema_not_allowed',
    'idempotency_conflict',
    'too_many_loads',
  ),
};

const schema = { tags: ['loads'], body: Type.Ref('LoadRequest#'), response };

export function registerSubmitRoutes(app: App, { service, tracer }: RouteDeps): void {
  const postSchema = {
    ...schema,
    operationId: 'submitLoad',
    summary: 'Submit a load',
    description:
      'Answers in milliseconds and never waits for the load. With an `Idempotency-Key`, the same request again gives the same load, or a new attempt of it if it failed or was cancelled.',
    headers: Type.Object({
      'idempotency-key': Type.Optional(
        Type.String({
          maxLength: 1_026,
          description: 'Your name for this request, quoted or bare, up to 1,024 characters.',
          examples: ['dag/scheduled__2026-01-01T00:00:00+00:00/load/-1/1'],
        }),
      ),
    }),
  };
  app.post('/v1/loads', { schema: postSchema, config: { access: 'write' } }, async (request, reply) => {
    const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
    const principal = principalOf(request);
    const input = {
      body: request.body ?? undefined,
      principal,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
    const submit = (traceParent: string | null) => service.submit({ ...input, traceParent });
    return answer(reply, await traceSubmission(tracer, request, submit));
  });

  const putSchema = {
    ...schema,
    operationId: 'putLoad',
    summary: 'Submit a load with an id of your own',
    description: 'Idempotent by nature: the same request to the same id gives the same load.',
    params: IdParamsSchema,
  };
  app.put('/v1/loads/:id', { schema: putSchema, config: { access: 'write' } }, async (request, reply) => {
    const { id: clientId } = request.params;
    requireLoadId(clientId);
    const input = { body: request.body ?? undefined, clientId, principal: principalOf(request) };
    const submit = (traceParent: string | null) => service.submit({ ...input, traceParent });
    return answer(reply, await traceSubmission(tracer, request, submit));
  });
}

function answer(reply: FastifyReply, { load, outcome }: { load: Load; outcome: string }): FastifyReply {
  reply.code(202).header('Location', linksOf(load.id).status_url).header('Retry-After', RETRY_AFTER_S);
  if (outcome === 'replayed') reply.header('Idempotency-Replayed', 'true');
  return reply.send(toAccepted(load));
}
