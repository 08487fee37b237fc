/** Why a server's certificate is not trusted, in the words of Go, which people search for. */
import type { PeerCertificate } from 'node:tls'

const UNKNOWN_AUTHORITY = 'certificate signed by unknown authority'
const OUT_OF_TIME = 'certificate has expired or is not yet valid'

/** By the codes that OpenSSL has for them. */
const REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: OUT_OF_TIME,
  CERT_NOT_YET_VALID: OUT_OF_TIME,
}

interface TlsError extends Error {
  readonly code?: string
  readonly cert?: PeerCertificate
}

/** The error itself where it is about something else. `host`: who was called. */
export function certificateError(error: TlsError, host: string): Error {
  const { code = '', cert } = error
  const reason = code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? otherName(cert?.subjectaltname ?? '', host) : REASONS[code]
  if (reason === undefined) return error
  return new Error(`tls: failed to verify certificate: x509: ${reason}`, { cause: error })
}

/** Of names as Node lists them: `DNS:a.test, IP Address:10.0.0.1`. */
function otherName(names: string, host: string): string {
  const known = names.split(', ').map((name) => name.slice(name.indexOf(':') + 1))
  return `certificate is valid for ${known.join(', ')}, not ${host}`
}
