import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';

/** Of a URL: files in PEM, by libpq's names. */
export const FILE_PARAMETERS = ['sslrootcert', 'sslcert', 'sslkey'] as const;
/** As sslrootcert: the authorities that Node knows, with those of NODE_EXTRA_CA_CERTS. */
export const SYSTEM_AUTHORITIES = 'system';

/** As Node's TLS takes them. */
export interface TlsFiles {
  ca?: string;
  cert?: string;
  key?: string;
}

/**
 * What the file parameters of a URL name.
 * @throws ConfigError that names the parameter
 */
export function readTlsFiles(parameters: URLSearchParams): TlsFiles {
  const [caFile, certificateFile, keyFile] = FILE_PARAMETERS.map((name) => parameters.get(name) || null);
  return {
    ...(!caFile || caFile === SYSTEM_AUTHORITIES ? {} : { ca: readCaFile('sslrootcert', caFile) }),
    ...(!certificateFile ? {} : { cert: readPemFile('sslcert', certificateFile) }),
    ...(!keyFile ? {} : { key: readPemFile('sslkey', keyFile) }),
  };
}

/** What is wrong with the files that a URL names, as problems of the key that holds it. */
export function findFileProblems(key: string, url: string): string[] {
  if (!URL.canParse(url)) return [];
  return problemsOf(() => readTlsFiles(new URL(url).searchParams)).map((problem) => `${key}: ${problem}`);
}

/** The same of AWS_CA_BUNDLE. */
export function findBundleProblems(caFile: string | undefined): string[] {
  return problemsOf(() => awsTls(caFile));
}

function problemsOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return [...error.problems];
    throw error;
  }
}

/**
 * TLS to S3 and other services of AWS: always verified, whatever NODE_TLS_REJECT_UNAUTHORIZED says.
 * @throws ConfigError that names the variable
 */
export function awsTls(caFile: string | undefined): { rejectUnauthorized: true; ca?: string } {
  if (caFile === undefined) return { rejectUnauthorized: true };
  return { rejectUnauthorized: true, ca: readCaFile('AWS_CA_BUNDLE', caFile) };
}

/**
 * The certificates of a file. Hazard: Node takes text without any for an empty list and says nothing.
 * @throws ConfigError that names the setting
 */
export function readCaFile(setting: string, path: string): string {
  const text = readPemFile(setting, path);
  if (/^-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/m.test(text)) return text;
  throw new ConfigError([`${setting}: the file ${path} holds no certificate in PEM; correct the path.`]);
}

function readPemFile(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw new ConfigError([`${setting}: the file ${path} can't be read (${code}); correct the path.`]);
  }
}
