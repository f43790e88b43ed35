import type { RouteOptions } from 'fastify';

/** Methods by the pattern of their address. */
export type KnownRoutes = Map<string, { matches: RegExp; methods: Set<string> }>;

export function rememberRoute(
  routes: KnownRoutes,
  { url, method }: Pick<RouteOptions, 'url' | 'method'>,
): void {
  const known = routes.get(url) ?? { matches: toPattern(url), methods: new Set<string>() };
  for (const one of [method].flat()) known.methods.add(one);
  routes.set(url, known);
}

/** The methods that an address takes; none if it is not known. */
export function allowedMethods(routes: KnownRoutes, url: string): string[] {
  const path = url.split('?', 1)[0]?.replace(/(?<=.)\/$/, '') ?? '/';
  const methods = [...routes.values()].flatMap((route) =>
    route.matches.test(path) ? [...route.methods] : [],
  );
  return [...new Set(methods)].sort();
}

function toPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replaceAll('.', '\\.')));
  return new RegExp(`^${parts.join('/')}$`);
}
