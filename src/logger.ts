import pino from 'pino';

/** Paths whose values never reach a log, at the top and one level down. */
const SECRET_NAMES = ['password', 'authorization', 'apiKey', 'api_key', 'secretAccessKey', 'sessionToken'];
const SECRET_HEADERS = ['authorization', '["x-api-key"]', 'cookie'];
const REDACTED = [
  ...SECRET_NAMES.flatMap((name) => [name, `*.${name}`]),
  ...SECRET_HEADERS.flatMap((name) => {
    const suffix = name.startsWith('[') ? name : `.${name}`;
    return [`headers${suffix}`, `*.headers${suffix}`];
  }),
];
/** user:password@ in any URL, whatever field or sentence it stands in. */
const URL_CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'@:]*:[^\s/?#"']*@/gi;
const PASSWORD_PARAMETERS = /([?&]password=)[^\s&"'\\]*/gi;

/** JSON lines on standard output unless a destination is given. */
export function createLogger(level: string, destination?: pino.DestinationStream): pino.Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { service: 'copydock' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[redacted]' },
    hooks: { streamWrite: hideUrlCredentials },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** `postgres://user:password@host` becomes `postgres://[redacted]@host`. */
export function hideUrlCredentials(text: string): string {
  return text.replace(URL_CREDENTIALS, '$1[redacted]@').replace(PASSWORD_PARAMETERS, '$1[redacted]');
}
