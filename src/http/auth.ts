import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { ApiKeyConfig } from '../config/types.js';
import { CopydockError } from '../loads/errors.js';
import type { Principal } from './operations.js';
import type { App } from './types.js';

/** Without keys the service is open: the start code then binds the loopback interface only. */
const ANYBODY: Principal = { name: 'anonymous', environments: null, access: 'write' };

export function registerAuth(app: App, apiKeys: readonly ApiKeyConfig[]): void {
  app.decorateRequest('principal', null);
  app.addHook('onRequest', async (request) => {
    const { access, answersUnauthorized } = request.routeOptions.config;
    if (access === 'public' || request.is404) return;
    if (access === 'write') refuseForeignPage(request);
    const principal = apiKeys.length === 0 ? ANYBODY : identify(request, apiKeys);
    if (principal) request.principal = principal;
    else if (!answersUnauthorized) throw refuseCredential(request);
    if (principal && access === 'write') requireWriteAccess(principal);
  });
}

/** The caller of a route that is not public. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw refuseCredential(request);
  return request.principal;
}

export function maySee(principal: Principal, env: string): boolean {
  return principal.environments === null || principal.environments.includes(env);
}

export function requireEnvironment(principal: Principal, env: string): void {
  if (maySee(principal, env)) return;
  throw new CopydockError('forbidden', `The key ${principal.name} does not cover the environment ${env}.`, {
    field: 'env',
  });
}

/** A page of another site could otherwise submit loads to a service that is open on its reader's own machine. */
function refuseForeignPage(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  throw new CopydockError('forbidden', 'A page of another site may not change anything here.', {
    hint: 'Send the request from a program, or from a page of this service.',
  });
}

function requireWriteAccess(principal: Principal): void {
  if (principal.access === 'write') return;
  throw new CopydockError('forbidden', `The key ${principal.name} may only read.`, {
    hint: 'Use a key with write access.',
  });
}

function refuseCredential(request: FastifyRequest): CopydockError {
  const given = keyOf(request) !== null;
  return new CopydockError('unauthorized', given ? 'The API key is not valid.' : 'An API key is needed.');
}

/** Compares with every key, so that the time taken tells nothing. */
function identify(request: FastifyRequest, apiKeys: readonly ApiKeyConfig[]): Principal | null {
  const key = keyOf(request);
  if (key === null) return null;
  const digest = createHash('sha256').update(key).digest();
  let found: Principal | null = null;
  for (const { name, sha256, environments, access } of apiKeys) {
    const expected = Buffer.from(sha256, 'hex');
    if (expected.length === digest.length && timingSafeEqual(expected, digest)) {
      found = { name, environments, access };
    }
  }
  return found;
}

/** X-API-Key, Bearer, or the password of Basic with any login. */
function keyOf(request: FastifyRequest): string | null {
  const own = request.headers['x-api-key'];
  if (typeof own === 'string' && own !== '') return own;
  const [scheme = '', credential = ''] = (request.headers.authorization ?? '').trim().split(/\s+/, 2);
  if (credential === '') return null;
  if (scheme.toLowerCase() === 'bearer') return credential;
  if (scheme.toLowerCase() !== 'basic') return null;
  const login = Buffer.from(credential, 'base64').toString('utf8');
  const colon = login.indexOf(':');
  return colon < 0 ? null : login.slice(colon + 1);
}
