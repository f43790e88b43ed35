import { type Pause, parsePauseReason } from '../../loads/pause.js';
import { maySee, principalOf, requireEnvironment } from '../auth.js';
import { type EnvironmentBody, EnvironmentParamsSchema } from '../schemas/environment.js';
import { COMMON_PROBLEMS, jsonResponse, problemResponses } from '../schemas/responses.js';
import type { App, RouteDeps } from '../types.js';

const listSchema = {
  operationId: 'listEnvironments',
  tags: ['environments'],
  summary: 'The environments, and which are paused',
  response: {
    200: jsonResponse('Environments', 'Those that the key covers.'),
    ...problemResponses(...COMMON_PROBLEMS, 'invalid_request'),
  },
};

function changeSchema(operationId: string, summary: string, description: string) {
  return {
    operationId,
    tags: ['environments'],
    summary,
    description,
    params: EnvironmentParamsSchema,
    response: {
      200: jsonResponse('Environment', 'As it is now.'),
      ...problemResponses(
        ...COMMON_PROBLEMS,
        'invalid_request',
        'not_found',
        'payload_too_large',
        'unsupported_media_type',
      ),
    },
  };
}

const pauseSchema = {
  ...changeSchema(
    'pauseEnvironment',
    'Let no load of an environment begin',
    'Loads are accepted and stay queued; those that have begun go on. Idempotent: a second pause tells who and why anew.',
  ),
  body: { $ref: 'Pause#' },
};
const resumeSchema = changeSchema(
  'resumeEnvironment',
  'Let loads of an environment begin again',
  'Those that waited begin within seconds; the time of the pause does not count for their `timeout_s`. Idempotent.',
);

export function registerEnvironmentRoutes(app: App, { service }: RouteDeps): void {
  app.get('/v1/environments', { schema: listSchema }, async (request, reply) => {
    const principal = principalOf(request);
    const pauses = await service.pauses();
    const names = service.environments().filter((env) => maySee(principal, env));
    return reply.send({ items: names.map((env) => toBody(env, pauses)) });
  });

  app.post<{ Params: { env: string } }>(
    '/v1/environments/:env/pause',
    { schema: pauseSchema, config: { access: 'write' } },
    async (request, reply) => {
      const { env } = request.params;
      const principal = principalOf(request);
      requireEnvironment(principal, env);
      const reason = parsePauseReason(request.body);
      const pause = await service.pause({ env, by: principal.name, reason });
      return reply.send(toBody(env, [pause]));
    },
  );

  app.post(
    '/v1/environments/:env/resume',
    { schema: resumeSchema, config: { access: 'write' } },
    async (request, reply) => {
      const { env } = request.params;
      const principal = principalOf(request);
      requireEnvironment(principal, env);
      await service.resume({ env, by: principal.name });
      return reply.send(toBody(env, []));
    },
  );
}

function toBody(env: string, pauses: readonly Pause[]): EnvironmentBody {
  const pause = pauses.find((one) => one.env === env);
  return {
    env,
    paused: pause !== undefined,
    paused_at: pause?.pausedAt ?? null,
    paused_by: pause?.pausedBy ?? null,
    reason: pause?.reason ?? null,
  };
}
