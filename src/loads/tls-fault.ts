/** Why TLS came to nothing, by Node's error codes. Sources: OpenSSL's X509_V_ERR_* names, Node's tls.checkServerIdentity. */
const REASONS: Record<string, string> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another host name",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet",
  CERT_REVOKED: "the server's certificate was revoked",
};

const NO_TLS = 'the server speaks no TLS on this port, or none that is safe enough';
const REFUSED = "the server wants a client's certificate that it trusts";
const BROKEN = 'an alert of the server, or a damaged record, ended the connection';
const UNTRUSTED = "no trusted authority has signed the server's certificate";
const UNTRUSTED_CODES = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_SIGNATURE_FAILURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
]);

/** In the names of OpenSSL's errors: they are the server's, and every other connection to it would meet them, too. */
const LASTING: [found: RegExp, reason: string][] = [
  [/WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION/, NO_TLS],
  [/CERTIFICATE|UNKNOWN_CA/, REFUSED],
];

/** The PostgreSQL driver's own error, which has no code. */
const WITHOUT_TLS = 'The server does not support SSL connections';

/** Why a TLS connection failed, as the end of a sentence; null: it failed for another reason. */
export function explainTlsFault(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (message === WITHOUT_TLS) return 'the server offers no TLS';
  if (UNTRUSTED_CODES.has(code)) return `${UNTRUSTED} (${code})`;
  if (isProtocolFault(code)) return `${findLasting(code, message) ?? BROKEN} (${code})`;
  return REASONS[code] === undefined ? null : `${REASONS[code]} (${code})`;
}

/** True: another connection to the same server may stand, as after one that broke. */
export function isPassingTlsFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return isProtocolFault(code) && findLasting(code, message) === undefined;
}

function isProtocolFault(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL_');
}

/** EPROTO, of a write, has the name of OpenSSL's error in its message alone: `...:wrong version number:...`. */
function findLasting(code: string, message: string): string | undefined {
  const name = code === 'EPROTO' ? message.toUpperCase().replaceAll(' ', '_') : code;
  return LASTING.find(([found]) => found.test(name))?.[1];
}
