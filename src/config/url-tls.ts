import { FILE_PARAMETERS, SYSTEM_AUTHORITIES } from './tls-files.js';

/** How far a PostgreSQL server must prove who it is. */
export interface TlsMode {
  /** False: encrypted only, for whoever answers. */
  isVerified: boolean;
  /** The certificate must be the host's; false: any that the authority has signed. */
  isHostChecked: boolean;
}

/** `postgres:` or `postgresql:`. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?:/.test(url);
}

/** The parameters of a URL that Copydock reads itself: the driver would take them in its own way. */
export const TLS_PARAMETERS = ['sslmode', ...FILE_PARAMETERS, 'uselibpqcompat'];

/** Of other drivers, and of libpq's past. */
const SWITCHES = ['ssl', 'tls', 'requiressl'];
const MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/**
 * null: no TLS. Modes mean what PostgreSQL's documentation says (chapter "SSL Support" of libpq), but that without one
 * there is no TLS. `findTlsProblems` has refused what is not known.
 */
export function readTlsMode(parameters: URLSearchParams): TlsMode | null {
  const authority = parameters.get('sslrootcert') || null;
  const mode = parameters.get('sslmode') || (authority === SYSTEM_AUTHORITIES ? 'verify-full' : 'disable');
  if (mode === 'disable') return null;
  return { isVerified: mode !== 'require' || authority !== null, isHostChecked: mode === 'verify-full' };
}

/** What a URL promises and nobody would keep, as problems of the key that holds it. */
export function findTlsProblems(key: string, url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { searchParams, protocol } = new URL(url);
  const find = isPostgresUrl(protocol) ? findPostgresProblem : findRedisProblem;
  const problem = findUnknown(searchParams) ?? find(searchParams, protocol);
  return problem === null ? [] : [`${key}: ${problem}`];
}

function findPostgresProblem(parameters: URLSearchParams): string | null {
  const mode = parameters.get('sslmode') ?? '';
  const authority = parameters.get('sslrootcert') ?? '';
  if (mode === 'prefer' || mode === 'allow') {
    return `sslmode=${mode} protects nothing, since it goes on without TLS where the server offers none; write verify-full, or disable.`;
  }
  if (mode !== '' && !MODES.includes(mode)) {
    return `there is no sslmode of that name; known are ${MODES.join(', ')}.`;
  }
  if (mode !== '' && mode !== 'verify-full' && authority === SYSTEM_AUTHORITIES) {
    return 'sslrootcert=system goes with sslmode=verify-full alone; write that.';
  }
  if (mode === 'verify-ca' && authority === '') {
    return 'sslmode=verify-ca needs the file of the authority; add sslrootcert, or write verify-full.';
  }
  if (mode !== '' || authority === SYSTEM_AUTHORITIES) return null;
  const idle = findFileParameter(parameters);
  return idle === undefined
    ? null
    : `${idle} does nothing without sslmode; add sslmode=verify-full, or set PGSSLMODE.`;
}

function findRedisProblem(parameters: URLSearchParams, protocol: string): string | null {
  if (parameters.has('sslmode')) return 'Redis has no sslmode; leave it out: rediss:// is always verified.';
  const idle = protocol === 'redis:' ? findFileParameter(parameters) : undefined;
  return idle === undefined ? null : `${idle} does nothing with redis://; write rediss://.`;
}

function findFileParameter(parameters: URLSearchParams): string | undefined {
  return FILE_PARAMETERS.find((name) => parameters.get(name));
}

function findUnknown(parameters: URLSearchParams): string | null {
  for (const name of new Set(parameters.keys())) {
    if (TLS_PARAMETERS.includes(name) && parameters.getAll(name).length > 1) {
      return `${name} stands there twice; leave one of them out.`;
    }
    const lowerCase = name.toLowerCase();
    if (SWITCHES.includes(lowerCase)) return `${name} is not read; write sslmode=verify-full, or rediss://.`;
    if (lowerCase.startsWith('ssl') && !TLS_PARAMETERS.includes(name)) {
      return `${name} is not supported; leave it out. Known are sslmode, ${FILE_PARAMETERS.join(', ')}.`;
    }
  }
  return null;
}

/** libpq's PGSSLMODE and PGSSLROOTCERT, for connections that say nothing themselves. */
export interface TlsDefaults {
  mode: string | undefined;
  authority: string | undefined;
}

/** Only a URL that wants no TLS gets no authority: without a mode it is a problem, or `system`, which needs none. */
export function addTlsDefaults(parameters: URLSearchParams, { mode, authority }: TlsDefaults): void {
  if (mode !== undefined && !parameters.get('sslmode')) parameters.set('sslmode', mode);
  if (authority === undefined || parameters.get('sslrootcert')) return;
  if (parameters.get('sslmode') !== 'disable') parameters.set('sslrootcert', authority);
}

/** The same of a URL; what is none of PostgreSQL stays as it is. */
export function withTlsDefaults(url: string, defaults: TlsDefaults): string {
  if (!isPostgresUrl(url) || !URL.canParse(url)) return url;
  const completed = new URL(url);
  addTlsDefaults(completed.searchParams, defaults);
  return completed.search === new URL(url).search ? url : completed.href;
}
