import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config/types.js';
import type { ApiMetrics } from '../metrics/api-metrics.js';
import { NO_TRACER, type Tracer } from '../tracing/tracer.js';
import { registerAuth } from './auth.js';
import { answerBadUrl } from './bad-url.js';
import { registerBodyParsers } from './body-parsers.js';
import { answerBrokenRequest } from './broken-request.js';
import { registerDraining } from './draining.js';
import { registerErrorHandlers } from './error-handler.js';
import { type KnownRoutes, rememberRoute } from './known-routes.js';
import { registerOpenApi } from './openapi.js';
import type { LoadOperations } from './operations.js';
import { compileValidator } from './query-validator.js';
import { registerResponseHeaders } from './response-headers.js';
import { registerAllEventsRoute } from './routes/all-events.js';
import { registerCancelRoutes } from './routes/cancel.js';
import { registerDashboard } from './routes/dashboard.js';
import { registerEnvironmentRoutes } from './routes/environments.js';
import { registerEventsRoute } from './routes/events.js';
import { registerGateRoute } from './routes/gate.js';
import { registerHealthRoutes } from './routes/health.js';
import { registerListRoute } from './routes/list.js';
import { registerLogsRoute } from './routes/logs.js';
import { registerMetricsRoute } from './routes/metrics.js';
import { registerPageRoutes } from './routes/pages.js';
import { registerReadRoute } from './routes/read.js';
import { registerRejectsRoute } from './routes/rejects.js';
import { registerRetryRoute } from './routes/retry.js';
import { registerSettledRoute } from './routes/settled.js';
import { registerSubmitRoutes } from './routes/submit.js';
import { registerWhoamiRoute } from './routes/whoami.js';
import type { App, RouteDeps } from './types.js';

const BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** As long as Node lets the head of a request be: an id that is too long has an answer like any other that is wrong. */
const MAX_PARAM_CHARACTERS = 16_384;

export interface AppDeps {
  service: LoadOperations;
  config: Pick<Config, 'apiKeys'>;
  logger: Logger;
  metrics: ApiMetrics;
  tracer?: Tracer;
  isStopping?: () => boolean;
}

/** The HTTP service, ready to listen. On `close()` it lets go of everybody who waits or follows. */
export async function buildApp({
  service,
  config,
  logger,
  metrics,
  tracer = NO_TRACER,
  isStopping = () => false,
}: AppDeps): Promise<App> {
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    return503OnClosing: false,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerBrokenRequest,
    rewriteUrl: ({ url }) => (url ?? '/').replace(/^\/{2,}/, '/'),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_CHARACTERS },
  }).withTypeProvider<TypeBoxTypeProvider>();
  const routes: KnownRoutes = new Map();

  app.setValidatorCompiler(compileValidator);
  app.addHook('onRoute', (route) => rememberRoute(routes, route));
  const stop = registerDraining(app);
  registerResponseHeaders(app, metrics);
  registerBodyParsers(app);
  registerErrorHandlers(app, routes);
  registerAuth(app, config.apiKeys);
  await registerOpenApi(app);
  registerRoutes(app, { service, tracer, isStopping, stop });
  registerMetricsRoute(app, metrics);
  await app.ready();
  return app;
}

function registerRoutes(app: App, deps: RouteDeps): void {
  registerSubmitRoutes(app, deps);
  registerListRoute(app, deps);
  registerReadRoute(app, deps);
  registerGateRoute(app, deps);
  registerSettledRoute(app, deps);
  registerLogsRoute(app, deps);
  registerRejectsRoute(app, deps);
  registerEventsRoute(app, deps);
  registerAllEventsRoute(app, deps);
  registerCancelRoutes(app, deps);
  registerRetryRoute(app, deps);
  registerEnvironmentRoutes(app, deps);
  registerWhoamiRoute(app);
  registerHealthRoutes(app, deps);
  registerPageRoutes(app);
  registerDashboard(app);
}
