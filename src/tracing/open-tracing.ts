import type pino from 'pino';
import type { Config } from '../config/types.js';
import { NO_TRACER, type Tracing } from './tracer.js';

/** The SDK of OpenTelemetry is loaded only where traces are to go somewhere. */
export async function openTracing(
  { tracesUrl }: Pick<Config, 'tracesUrl'>,
  logger: pino.Logger,
): Promise<Tracing> {
  if (tracesUrl === null) return { tracer: NO_TRACER, close: async () => {} };
  const { openTelemetry } = await import('./open-telemetry.js');
  return openTelemetry(tracesUrl, logger);
}
