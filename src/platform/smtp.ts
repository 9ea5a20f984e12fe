/**
 * Sends one mail through a mail server, by nodemailer, which is loaded with the first. Off this machine nothing is sent
 * without TLS: from the start at port 465, else by STARTTLS, which the server must then offer. No proxy, no retry, and no
 * word of the server's in a message of ours: it may quote what it was sent.
 */
import type { SMTPTransportOptions } from 'nodemailer/lib/smtp-transport'
import { systemCode, TokenctlError } from '../errors.ts'

export interface MailServer {
  /** A name or an address, without a port. */
  readonly host: string
  readonly port: number
  /** Null: the server takes mail without. */
  readonly login: { readonly user: string; readonly password: string } | null
}

/** A mail of plain text. Addresses are bare: `name@host`. */
export interface Mail {
  readonly from: string
  readonly to: string
  /** One line. */
  readonly subject: string
  readonly text: string
}

export interface Mailer {
  /**
   * Hands one mail to a server; resolves when the server has taken it.
   *
   * @throws {NOTICE_FAILED} when it did not, or not within `timeoutMs`.
   */
  send(server: MailServer, mail: Mail, options: { readonly timeoutMs: number }): Promise<void>
}

/** What tests replace: the port of TLS from the start, certificates that are trusted, which hosts are this machine. */
export interface MailerHost {
  readonly implicitTlsPort?: number
  readonly certificates?: string
  readonly isHere?: (host: string) => boolean
}

/** TLS from the first byte (RFC 8314 section 3.3). */
const IMPLICIT_TLS_PORT = 465

/** The working mailer. */
export function createMailer({
  certificates,
  implicitTlsPort = IMPLICIT_TLS_PORT,
  isHere = isThisMachine,
}: MailerHost = {}): Mailer {
  return {
    async send(server, mail, { timeoutMs }) {
      const { createTransport } = await import('nodemailer')
      const transport = createTransport({
        ...connectionTo(server, { secure: server.port === implicitTlsPort, isLocal: isHere(server.host) }),
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        dnsTimeout: timeoutMs,
        socketCloseTimeout: 0,
        tls: {
          // NODE_TLS_REJECT_UNAUTHORIZED has no say here.
          rejectUnauthorized: true,
          ...(certificates === undefined ? {} : { ca: certificates }),
        },
        disableFileAccess: true,
        disableUrlAccess: true,
      })
      const deadline = AbortSignal.timeout(timeoutMs)
      try {
        await transport.sendMail({
          ...mail,
          signal: deadline,
          xMailer: false,
          // RFC 3834 section 5: no answer of an absent person's mail program comes back.
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
      } catch (error) {
        throw failureOf(error, server, deadline.aborted)
      } finally {
        transport.close()
      }
    },
  }
}

/** A mail server on this machine is spoken to in the clear: its certificate is rarely one that anybody trusts. */
function connectionTo(
  { host, port, login }: MailServer,
  { secure, isLocal }: { readonly secure: boolean; readonly isLocal: boolean },
): SMTPTransportOptions {
  return {
    host,
    port,
    secure,
    ...(secure ? {} : isLocal ? { ignoreTLS: true } : { requireTLS: true }),
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password } }),
  }
}

function isThisMachine(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)
}

const TRY_AGAIN = 'The next run tries again.'
const CHECK_LOGIN = 'Check the user and the password; many providers want one made for programs.'

// nodemailer's own codes: what happened, and what mends it.
const WORDS: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  EAUTH: ['refused the login', CHECK_LOGIN],
  ENOAUTH: ['wants a login', 'Add the channel anew with `--smtp-user`.'],
  ETLS: [
    'cannot be spoken to securely',
    'It offers no STARTTLS, or its certificate is not trusted. Port 465 is TLS from the start; a certificate of your own goes into NODE_EXTRA_CA_CERTS.',
  ],
  EDNS: ['is not known by that name', 'Check the name of the mail server.'],
  EENVELOPE: ['refused the sender or the recipient', 'Check the addresses.'],
  EMESSAGE: ['refused the mail', TRY_AGAIN],
  EPROTOCOL: ['does not answer as a mail server does', 'Check its name and port.'],
}

// Node's codes of certificates that it does not trust; nodemailer passes them on where TLS is from the start.
const CERTIFICATE = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_)/

function failureOf(error: unknown, { host, port }: MailServer, isOverdue: boolean): TokenctlError {
  const [code, original] = [systemCode(error) ?? '', stringOf(error, 'originalCode') ?? '']
  const key = CERTIFICATE.test(code) || CERTIFICATE.test(original) ? 'ETLS' : code
  const isLate = isOverdue || code === 'ETIMEDOUT' || code === 'EABORT'
  const [what, fix] = isLate
    ? ['did not answer in time', TRY_AGAIN]
    : (WORDS[key] ?? ['could not be reached', 'Check its name and port; the next run tries again.'])
  const status =
    typeof error === 'object' && error !== null && 'responseCode' in error ? error.responseCode : 0
  const shown = typeof status === 'number' && status >= 400 && status <= 599 ? ` (${status})` : ''
  return new TokenctlError('NOTICE_FAILED', `The mail server ${host}:${port} ${what}${shown}.`, { fix })
}

function stringOf(error: unknown, field: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value: unknown = Reflect.get(error, field)
  return typeof value === 'string' ? value : undefined
}
