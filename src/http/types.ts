import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { Tracer } from '../tracing/tracer.js';
import type { LoadOperations, Principal } from './operations.js';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What routes work with. */
export interface RouteDeps {
  service: LoadOperations;
  tracer: Tracer;
  isStopping: () => boolean;
  /** Aborted when the app stops: nobody is kept waiting any longer. */
  stop: AbortSignal;
}

export type Access = 'public' | 'read' | 'write';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller's key must allow. Default: read. */
    access?: Access;
    /** The route answers for itself where a credential is missing or wrong. */
    answersUnauthorized?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; null where no credential was needed, or where none that is good was given. */
    principal: Principal | null;
  }
}
