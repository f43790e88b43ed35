/** Why TLS came to nothing, by Node's error codes. Sources: OpenSSL's X509_V_ERR_* names, Node's tls.checkServerIdentity. */
const REASONS: Record<string, string> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another host name",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet",
  CERT_REVOKED: "the server's certificate was revoked",
};

const NO_TLS = 'the server speaks no TLS on this port, or none that is safe enough';
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

/** The PostgreSQL driver's own error, which has no code. */
const WITHOUT_TLS = 'The server does not support SSL connections';

/** Why a TLS connection failed, as the end of a sentence; null: it failed for another reason. */
export function explainTlsFault(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (message === WITHOUT_TLS) return 'the server offers no TLS';
  if (UNTRUSTED_CODES.has(code)) return `${UNTRUSTED} (${code})`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return `${NO_TLS} (${code})`;
  return REASONS[code] === undefined ? null : `${REASONS[code]} (${code})`;
}
