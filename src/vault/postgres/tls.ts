/**
 * Whether the connection is encrypted, and what the server's certificate has to prove: libpq's `sslmode`, over node's TLS.
 * Headers are not sealed (names, dates, states), and a false server could hide records, so where nothing is said a server
 * that is on no loopback address has to prove its name (`verify-full`); libpq would take any. On this machine, where nobody
 * is in between, it is `disable`. A socket file is never encrypted, whatever is said, as in libpq.
 *
 * - `disable`: in the clear · `allow`: in the clear, encrypted where the server then refuses
 * - `prefer`: encrypted, in the clear where the server cannot or refuses · `require`: encrypted
 * - `verify-ca`: encrypted, and an authority of ours vouches for the server · `verify-full`: also for its name
 *
 * Whoever names an authority (`sslrootcert`, or libpq's `~/.postgresql/root.crt`) has it asked in every encrypted mode, as
 * in libpq. Where none is named, `verify-full` asks those that Node knows (libpq: none, and fails), with NODE_EXTRA_CA_CERTS.
 * NODE_TLS_REJECT_UNAUTHORIZED has no say.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html (checked 2026-11-23)
 */
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { type ConnectionOptions, createSecureContext, type SecureContextOptions } from 'node:tls'
import { systemCode, TokenctlError } from '../../errors.ts'
import type { Files } from '../../platform/files.ts'
import { badValue, oneWord, type Parameters, type Said } from './parameters.ts'

export interface TlsHost {
  readonly files: Files
  /** Where libpq looks for certificates of one's own, `~/.postgresql`; undefined where nobody is at home. */
  readonly ownFolder: string | undefined
}

/** False: in the clear. */
export type Encryption = false | ConnectionOptions

export interface TlsChoice {
  readonly first: Encryption
  /** What `sslmode` has tried where the server does not take the first; absent: nothing. */
  readonly otherwise?: Encryption
  readonly negotiation: 'postgres' | 'direct'
}

/** Whom it is about: the name to be proven, and whether it is this machine. */
export interface TlsPeer {
  /** The name where the connection goes to an address that was given beside it. */
  readonly serverName: string | undefined
  readonly isSocket: boolean
  readonly isLoopback: boolean
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
/** In place of a file: the authorities that every program trusts. */
const SYSTEM = 'system'

/**
 * How to speak with the server.
 *
 * @throws {SETTINGS_INVALID} for a word or a file that is none · {VAULT_UNAVAILABLE} for a key that others can read.
 */
export function tlsOf(said: Parameters, peer: TlsPeer, host: TlsHost): TlsChoice {
  const mode = oneWord(said.get('sslmode'), MODES)
  const negotiation = oneWord(said.get('sslnegotiation'), ['postgres', 'direct'] as const) ?? 'postgres'
  const [first, otherwise] = attempts(said, peer, mode)
  if (negotiation === 'direct' && (first === false || otherwise !== undefined))
    throw badValue(
      said.get('sslnegotiation') as Said,
      '`postgres`, where sslmode is none of `require`, `verify-ca` and `verify-full`',
    )
  if (first === false && otherwise !== true) return { first: false, negotiation: 'postgres' }
  const encrypted = encryption(said, mode ?? 'verify-full', peer, host)
  const made = (isEncrypted: boolean) => (isEncrypted ? encrypted : false)
  return {
    first: made(first),
    ...(otherwise !== undefined && { otherwise: made(otherwise) }),
    negotiation,
  }
}

/** Whether the first connection is encrypted, and the second, where there may be one. */
function attempts(
  said: Parameters,
  { isSocket, isLoopback }: TlsPeer,
  mode: (typeof MODES)[number] | undefined,
): readonly [first: boolean, otherwise?: boolean] {
  if (isSocket) return [false]
  // An authority that was named on purpose is there to be asked, on this machine too.
  const isWanted = said.has('sslrootcert') || !isLoopback
  switch (mode ?? (isWanted ? 'verify-full' : 'disable')) {
    case 'disable':
      return [false]
    case 'allow':
      return [false, true]
    case 'prefer':
      return [true, false]
    default:
      return [true]
  }
}

function encryption(
  said: Parameters,
  mode: (typeof MODES)[number],
  { serverName }: TlsPeer,
  host: TlsHost,
): ConnectionOptions {
  const ca = authorities(said, mode, host)
  const checksChain = mode === 'verify-full' || ca !== undefined
  return {
    secureContext: contextOf(said, {
      ...(ca !== undefined && { ca: ca.text }),
      ...crlOf(said, host),
      ...ownCertificate(said, host),
      minVersion: oneWord(said.get('ssl_min_protocol_version'), VERSIONS) ?? 'TLSv1.2',
      maxVersion: oneWord(said.get('ssl_max_protocol_version'), VERSIONS) ?? 'TLSv1.3',
    }),
    rejectUnauthorized: checksChain,
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...(serverName !== undefined && { servername: serverName }),
  }
}

/** The authorities that were named; undefined where those that Node knows are asked, or none. */
function authorities(
  said: Parameters,
  mode: (typeof MODES)[number],
  { files, ownFolder }: TlsHost,
): { readonly text: string } | undefined {
  const named = said.get('sslrootcert')
  if (named?.value === SYSTEM) {
    if (mode === 'verify-full') return undefined
    throw badValue(
      said.get('sslmode') as Said,
      '`verify-full` where sslrootcert is `system`: anybody gets a certificate from those',
    )
  }
  const path = named?.value ?? (ownFolder && join(ownFolder, 'root.crt'))
  const text = path === undefined ? undefined : files.readPlain(path)
  if (text !== undefined) return { text: certificates(text, path as string) }
  if (named !== undefined) throw noFile(named)
  if (mode !== 'verify-ca') return undefined
  throw new TokenctlError(
    'SETTINGS_INVALID',
    `${(said.get('sslmode') as Said).by} asks for an authority to be checked, and none is named.`,
    {
      fix: 'Name the file of its certificate in sslrootcert (PGSSLROOTCERT), or set sslmode to `verify-full`.',
    },
  )
}

/** Node passes over what is no certificate, and would then trust nobody without saying why. */
function certificates(text: string, path: string): string {
  try {
    new X509Certificate(text)
    return text
  } catch (cause) {
    throw notPem(path, 'certificate', cause)
  }
}

function crlOf(said: Parameters, { files }: TlsHost): SecureContextOptions {
  const named = said.get('sslcrl')
  if (named === undefined) return {}
  const text = files.readPlain(named.value)
  if (text === undefined) throw noFile(named)
  return { crl: text }
}

/** What the server asks of us, where it does: libpq's files, or those that were named. */
function ownCertificate(said: Parameters, { files, ownFolder }: TlsHost): SecureContextOptions {
  if (said.get('sslcertmode')?.value === 'disable') return {}
  const own = (name: string) => (ownFolder === undefined ? undefined : join(ownFolder, name))
  const certPath = said.get('sslcert')?.value ?? own('postgresql.crt')
  const cert = certPath === undefined ? undefined : files.readPlain(certPath)
  if (cert === undefined || certPath === undefined) {
    const named = said.get('sslcert')
    if (named !== undefined) throw noFile(named)
    return {}
  }
  certificates(cert, certPath)
  const keyPath = said.get('sslkey')?.value ?? own('postgresql.key')
  // As in libpq: ours alone, or root's and for a group of ours to read.
  const key =
    keyPath === undefined
      ? undefined
      : files.readPrivate(keyPath, { code: 'VAULT_UNAVAILABLE', owner: 'system' })
  if (key === undefined)
    throw new TokenctlError(
      'SETTINGS_INVALID',
      `There is no key for the certificate ${certPath}${keyPath === undefined ? '' : ` (${keyPath})`}.`,
      {
        fix: 'Name its file in sslkey (PGSSLKEY), mode 600, or take the certificate away.',
      },
    )
  const passphrase = said.get('sslpassword')?.value
  return { cert, key, ...(passphrase !== undefined && { passphrase }) }
}

function contextOf(said: Parameters, options: SecureContextOptions): ConnectionOptions['secureContext'] {
  try {
    return createSecureContext(options)
  } catch (cause) {
    const isKey = options.key !== undefined
    const code = systemCode(cause)
    throw new TokenctlError(
      'SETTINGS_INVALID',
      `The ${isKey ? "client's certificate and key" : 'TLS versions or the list of revoked certificates'} for the database cannot be used${code === undefined ? '' : ` (${code})`}.`,
      {
        fix: isKey
          ? `See whether the key is PEM and belongs to the certificate${said.has('sslpassword') ? ', and whether sslpassword opens it' : ', and whether it needs sslpassword'}.`
          : 'Check ssl_min_protocol_version, ssl_max_protocol_version and sslcrl.',
        cause,
      },
    )
  }
}

function noFile({ value, by }: Said): TokenctlError {
  return new TokenctlError('SETTINGS_INVALID', `There is no file ${value}, which ${by} names.`, {
    fix: 'Put it there, or correct the path.',
  })
}

function notPem(path: string, what: string, cause: unknown): TokenctlError {
  return new TokenctlError('SETTINGS_INVALID', `${path} holds no ${what} in PEM.`, {
    fix: 'It begins with -----BEGIN CERTIFICATE-----. Put the right file there.',
    cause,
  })
}
