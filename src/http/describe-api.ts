import pino from 'pino';
import { CopydockError } from '../loads/errors.js';
import { ApiMetrics } from '../metrics/api-metrics.js';
import { ProcessMetrics } from '../metrics/process-metrics.js';
import { buildApp } from './app.js';
import { type OpenApiDocument, openApiOf } from './openapi.js';
import type { LoadOperations } from './operations.js';

/** The OpenAPI document of the routes as they are, without a service behind them. */
export async function describeApi(): Promise<OpenApiDocument> {
  const app = await buildApp({
    service: noService(),
    config: { apiKeys: [] },
    logger: pino({ enabled: false }),
    metrics: new ApiMetrics(new ProcessMetrics(), refuse),
  });
  const document = openApiOf(app);
  await app.close();
  return document;
}

function refuse(): never {
  throw new CopydockError('unavailable', 'The API is only described here.');
}

function noService(): LoadOperations {
  return {
    submit: refuse,
    get: refuse,
    waitForChange: refuse,
    list: refuse,
    logs: refuse,
    rejects: refuse,
    rejectColumns: refuse,
    cancel: refuse,
    retry: refuse,
    pauses: refuse,
    pause: refuse,
    resume: refuse,
    environments: refuse,
    subscribe: refuse,
    subscribeAll: refuse,
    isReady: refuse,
  };
}
