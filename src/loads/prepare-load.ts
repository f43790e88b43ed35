import type { Config, EnvironmentConfig } from '../config/types.js';
import { bucketLogLines, checkSourceBucket, checkStagingBucket, chooseBucket } from './bucket.js';
import { createLoadId } from './create-load-id.js';
import { CopydockError, shortenValue } from './errors.js';
import { hashRequest } from './hash-request.js';
import type { LoadRequest } from './load.js';
import { isLoadId } from './load-id.js';
import { nearestName } from './nearest-name.js';
import { parseSourcePath } from './path.js';
import type { Principal } from './principal.js';
import { parseLoadRequest } from './request.js';
import { decideScope } from './scope.js';
import type { AcceptedLoad } from './store.js';

export interface Submission {
  body: unknown;
  /** The client's own id: it identifies the request, so a key beside it means nothing. */
  clientId?: string | undefined;
  idempotencyKey?: string | undefined;
  principal: Principal;
  /** W3C traceparent. */
  traceParent?: string | null;
}

export type PreparationConfig = Pick<Config, 'environments' | 'tables' | 'dataSets' | 'bucketRule'>;

/**
 * Checks a submission and makes every decision that the load keeps for its life.
 * @throws CopydockError that says what is refused, before anything is stored or queued
 */
export function prepareLoad(submission: Submission, config: PreparationConfig): AcceptedLoad {
  const { request, absentFields } = parseLoadRequest(submission.body);
  const env = findEnvironment(request, submission.principal, config);
  const names = [...config.environments.keys()];
  const decision = chooseBucket({ requestBucket: request.s3_bucket, env, rule: config.bucketRule });
  checkStagingBucket(decision, env, names);
  const warning = checkSourceBucket(parseSourcePath(request.path).bucket, env, names);
  requireDatabase(env);
  const identity = identify(submission);
  const scope = decideScope(request, env, config);
  return {
    ...identity,
    request,
    requestHash: hashRequest(request),
    ...scope,
    ...(request.validate_only === true ? { scopeTable: `validate_only/${identity.id}`, scopeKey: '*' } : {}),
    targetDatabase: env.databaseIdentity,
    bucket: { name: decision.bucket, source: decision.source, overridden: decision.overridden },
    absentFields,
    warnings: warning === null ? [] : [warning],
    limits: { maxActiveLoads: env.maxActiveLoads, maxQueuedLoads: env.maxQueuedLoads },
    webhookStates: env.webhook?.states ?? [],
    submittedBy: submission.principal.name,
    traceParent: submission.traceParent ?? null,
    logLines: bucketLogLines(decision),
  };
}

function identify({ clientId, idempotencyKey }: Submission): Pick<AcceptedLoad, 'id' | 'idempotencyKey'> {
  if (clientId === undefined) return { id: createLoadId(), idempotencyKey: idempotencyKey ?? null };
  if (!isLoadId(clientId)) {
    throw new CopydockError(
      'invalid_id',
      'The id in the address may have 1 to 36 letters, digits, dots, dashes and underscores, the first a letter or digit.',
    );
  }
  return { id: clientId, idempotencyKey: null };
}

function findEnvironment(
  { env: name }: LoadRequest,
  principal: Principal,
  { environments }: PreparationConfig,
): EnvironmentConfig {
  if (principal.environments !== null && !principal.environments.includes(name)) {
    throw new CopydockError(
      'forbidden',
      `env: the key ${principal.name} does not cover ${shortenValue(name)}`,
      {
        field: 'env',
      },
    );
  }
  const env = environments.get(name);
  if (env === undefined) throw explainUnknown(name, [...environments.keys()]);
  return env;
}

/** Asked last: a bucket of the wrong environment is the graver mistake. */
function requireDatabase({ name, databaseUrl, databaseSecret }: EnvironmentConfig): void {
  if (databaseUrl !== null || databaseSecret !== null) return;
  throw new CopydockError('environment_not_configured', `env: ${name} has no database`, {
    field: 'env',
    hint: `Set environments.${name}.database_url in the configuration file.`,
  });
}

function explainUnknown(name: string, known: string[]): CopydockError {
  const nearest = nearestName(name, known);
  const meant = nearest === null ? '' : ` (did you mean ${nearest}?)`;
  return new CopydockError(
    'environment_unknown',
    `env: ${shortenValue(name)} is not known${meant}; known are ${known.join(', ')}`,
    { field: 'env' },
  );
}
