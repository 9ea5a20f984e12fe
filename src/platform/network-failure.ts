/**
 * What a failed exchange was, told from the error's code alone: whether the request can have reached the server
 * decides whether a token may be spent, so whatever is not known to come before sending counts as `ambiguous`.
 * Messages name a host and a code; never a path, a query, a body, a header or a proxy's password.
 */
import { TokenctlError } from '../errors.ts'

interface FailureWords {
  /** Follows the host's name. */
  readonly says: string
  readonly fix: string
}

const CHECK_NAME: FailureWords = {
  says: 'could not be found: its name does not resolve',
  fix: 'Check the connection, the DNS and the proxy settings; the token was not sent.',
}
const NO_ROUTE: FailureWords = {
  says: 'cannot be reached from here',
  fix: 'Check the connection, the firewall and the proxy settings; the token was not sent.',
}
const UNTRUSTED: FailureWords = {
  says: 'showed a certificate that no authority known here vouches for',
  fix: "Nothing was sent. If a company proxy reads TLS, name its certificate in NODE_EXTRA_CA_CERTS; if not, someone may be posing as the marketplace: don't go on.",
}
const OUT_OF_DATE: FailureWords = {
  says: 'showed a certificate that is not valid today',
  fix: 'Nothing was sent. Check the date of this machine first.',
}
const HANDSHAKE: FailureWords = {
  says: 'ended the TLS handshake',
  fix: 'Nothing was sent. A firewall or proxy on the way may be in between.',
}

/** Failures that come before the first byte of a request, by code: nothing of it has left this machine. */
const BEFORE_SENDING: Readonly<Record<string, FailureWords>> = {
  ENOTFOUND: CHECK_NAME,
  EAI_AGAIN: CHECK_NAME,
  ECONNREFUSED: {
    says: 'refused the connection',
    fix: 'Check the address, the firewall and the proxy settings; the token was not sent.',
  },
  ENETUNREACH: NO_ROUTE,
  EHOSTUNREACH: NO_ROUTE,
  UND_ERR_CONNECT_TIMEOUT: {
    says: 'did not take the connection in time',
    fix: 'Check the connection, the firewall and the proxy settings; the token was not sent.',
  },
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_REJECTED: UNTRUSTED,
  CERT_REVOKED: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_CHAIN_TOO_LONG: UNTRUSTED,
  INVALID_CA: UNTRUSTED,
  INVALID_PURPOSE: UNTRUSTED,
  CERT_HAS_EXPIRED: OUT_OF_DATE,
  CERT_NOT_YET_VALID: OUT_OF_DATE,
  ERR_TLS_CERT_ALTNAME_INVALID: { ...UNTRUSTED, says: 'showed a certificate that belongs to another host' },
  // Alerts that a server sends in the handshake only. `wrong version number` is not among them: garbage in the
  // middle of an established connection reads the same, and by then the request may be out.
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: HANDSHAKE,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: HANDSHAKE,
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: HANDSHAKE,
  ERR_SSL_UNSUPPORTED_PROTOCOL: HANDSHAKE,
}

// Node's own words for a peer that hung up inside the handshake; its code, ECONNRESET, is that of a later reset too.
const HUNG_UP_IN_HANDSHAKE = 'Client network socket disconnected before secure TLS connection was established'

/** How a person mends an exchange that may have been carried out. */
const MAYBE_SENT = 'The request may have been carried out all the same; the next run finds out.'

interface Failure {
  readonly code: string
  readonly syscall: string | undefined
  readonly message: string
  /** The errors of each address that was tried (happy eyeballs). */
  readonly parts: readonly unknown[]
}

/** The first error with a code, down the chain of causes: `fetch` itself only says "fetch failed". */
function findFailure(error: unknown): Failure | undefined {
  let at: unknown = error
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth += 1) {
    const { name, code: given, syscall, message, errors, cause } = at as Record<string, unknown>
    // undici 7 leaves the code out, for it looks it up in a table that is the other way round.
    const code = given ?? (name === 'HTTPParserError' ? 'HPE_ERROR' : undefined)
    // Codes are made on this machine; the pattern keeps it so even if a library hands one through.
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) {
      return {
        code,
        syscall: typeof syscall === 'string' ? syscall : undefined,
        message: typeof message === 'string' ? message : '',
        parts: Array.isArray(errors) ? errors : [],
      }
    }
    at = cause
  }
  return undefined
}

function wordsBeforeSending(failure: Failure): FailureWords | undefined {
  if (failure.parts.length > 0) {
    const parts = failure.parts.map(part => findFailure(part))
    return parts.every(part => part !== undefined && wordsBeforeSending(part) !== undefined)
      ? (BEFORE_SENDING[failure.code] ?? NO_ROUTE)
      : undefined
  }
  if (failure.syscall === 'connect' || failure.syscall === 'getaddrinfo')
    return BEFORE_SENDING[failure.code] ?? NO_ROUTE
  // The same EHOSTUNREACH may come from reading an open connection; then the request is out.
  if (failure.syscall === 'read' || failure.syscall === 'write') return undefined
  if (failure.message === HUNG_UP_IN_HANDSHAKE) return HANDSHAKE
  return Object.hasOwn(BEFORE_SENDING, failure.code) ? BEFORE_SENDING[failure.code] : undefined
}

/**
 * The error for an exchange with `host` that ended before an answer's headers came.
 *
 * NETWORK_FAILED `transient` when nothing can have been sent, NETWORK_FAILED `ambiguous` when it can, and
 * REPLY_MALFORMED `ambiguous` when what answered does not speak HTTP.
 */
export function networkFailure(error: unknown, host: string): TokenctlError {
  const failure = findFailure(error)
  const words = failure && wordsBeforeSending(failure)
  return words ? transient(host, words, failure) : brokenOff(error, host)
}

/**
 * The error for a request to `host` of which certainly nothing was written: NETWORK_FAILED `transient`, whatever broke.
 * Only for a client that sees its own writing begin.
 */
export function neverSent(error: unknown, host: string): TokenctlError {
  const failure = findFailure(error)
  return transient(host, (failure && wordsBeforeSending(failure)) ?? NO_ROUTE, failure)
}

function transient(host: string, words: FailureWords, failure: Failure | undefined): TokenctlError {
  return new TokenctlError('NETWORK_FAILED', `${host} ${words.says}${codeOf(failure)}.`, {
    fix: words.fix,
    failure: 'transient',
  })
}

function codeOf(failure: Failure | undefined): string {
  return failure ? ` (${failure.code})` : ''
}

/** The error for a request to `host` that may have been written, and got no answer: `ambiguous`, whatever broke. */
export function brokenOff(error: unknown, host: string): TokenctlError {
  const failure = findFailure(error)
  if (failure && /^HPE_|^UND_ERR_HEADERS_OVERFLOW$/.test(failure.code))
    return new TokenctlError(
      'REPLY_MALFORMED',
      `What answered for ${host} does not speak HTTP${codeOf(failure)}.`,
      { failure: 'ambiguous' },
    )
  return new TokenctlError(
    'NETWORK_FAILED',
    `The connection to ${host} broke before an answer came${codeOf(failure)}.`,
    { fix: MAYBE_SENT, failure: 'ambiguous' },
  )
}

/** The error for an answer of `host` whose headers came and whose body did not come whole. */
export function cutShort(error: unknown, host: string): TokenctlError {
  const failure = findFailure(error)
  const code = codeOf(failure)
  // A body that does not unpack came whole, and is no answer.
  if (failure && /^Z_|^ERR__ERROR_FORMAT|^ERR_BROTLI|^ERR_ZLIB/.test(failure.code))
    return new TokenctlError('REPLY_MALFORMED', `The answer of ${host} cannot be unpacked${code}.`, {
      failure: 'ambiguous',
    })
  return new TokenctlError('NETWORK_FAILED', `The answer of ${host} was cut short${code}.`, {
    fix: MAYBE_SENT,
    failure: 'ambiguous',
  })
}

/** The error for an exchange with `host` that was not over after `timeoutMs`. */
export function tookTooLong(host: string, timeoutMs: number): TokenctlError {
  return new TokenctlError(
    'NETWORK_FAILED',
    `${host} had not answered in full after ${timeoutMs / 1000} s.`,
    {
      fix: MAYBE_SENT,
      failure: 'ambiguous',
    },
  )
}

/** The error for a request that still waited for a connection to `host` after `timeoutMs`, so that nothing was written. */
export function neverTaken(host: string, timeoutMs: number): TokenctlError {
  return new TokenctlError(
    'NETWORK_FAILED',
    `No connection to ${host} was free within ${timeoutMs / 1000} s.`,
    {
      fix: 'Nothing was sent. Check the connection and the firewall; the next run tries again.',
      failure: 'transient',
    },
  )
}
