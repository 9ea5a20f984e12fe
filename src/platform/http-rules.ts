/**
 * What holds for every exchange, whichever client makes it: whom it may speak to, how much of an answer it keeps, and the
 * words for what it refuses. Pure; it must never quote a path, a query, a header or a body.
 */
import { TokenctlError } from '../errors.ts'
import { isLoopback } from './proxy.ts'

/** Variables by name. */
export type Env = Readonly<Record<string, string | undefined>>

/**
 * The deadline of an exchange that names none, in milliseconds. Token endpoints answer in a second or two; a run of
 * several accounts must not hang on a dead one, and a proxy that looks for viruses may take its ten.
 */
export const TIMEOUT_MS = 30_000

/**
 * How much of an answer is kept, in bytes. Real answers have at most 5 KiB. Decoded bytes count: 200 KB of gzip can be
 * 200 MB of spaces.
 */
export const LONGEST_BODY_BYTES = 64 * 1024

/**
 * The `accept-encoding` of every request, whatever it says itself: a reply of a kilobyte gains nothing by packing, and what
 * is not packed cannot be a bomb.
 */
export const UNPACKED = 'identity'

/**
 * The address that is spoken to.
 *
 * @throws {SETTINGS_INVALID} when certificates go unchecked in `env`, or when it would be spoken to in the clear and is not
 *   on this machine.
 */
export function checkedUrl(text: string, env: Env): URL {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
    throw new TokenctlError(
      'SETTINGS_INVALID',
      'NODE_TLS_REJECT_UNAUTHORIZED=0 switches off the check of whom a token is sent to; nothing was sent.',
      {
        failure: 'configuration',
        fix: 'Unset it. If a company proxy reads TLS, name its certificate in NODE_EXTRA_CA_CERTS instead.',
      },
    )
  const url = new URL(text)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url
  throw new TokenctlError(
    'SETTINGS_INVALID',
    `${url.host} would be spoken to without TLS; nothing was sent.`,
    {
      failure: 'configuration',
      fix: 'Plain http is only for a simulator on this machine. `tokenctl config unset endpoint.<marketplace>` goes back to the marketplace.',
    },
  )
}

/** The error for a request with a header that no request can carry. It takes no cause, which would quote the value. */
export function unfitHeader(): TokenctlError {
  return new TokenctlError('USAGE', 'A key or token holds a character that no HTTP header can carry.', {
    failure: 'configuration',
    fix: 'Give the app keys again: `tokenctl app set <marketplace>`.',
  })
}

/** Whether a status would have the request sent on. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status <= 399
}

/** The error for an answer that would send the request on. Only the host it points to is worth telling. */
export function refusedRedirect(url: URL, location: string | null | undefined): TokenctlError {
  const target =
    typeof location === 'string' && URL.canParse(location, url.href)
      ? new URL(location, url).host
      : 'another place'
  return new TokenctlError('REPLY_MALFORMED', `${url.host} wants to send the request on to ${target}.`, {
    fix: 'It was not sent there. A network that wants you to log in first does this; the next run tries again.',
    failure: 'ambiguous',
  })
}

/** Why an answer of `host` ends at `LONGEST_BODY_BYTES`. */
export function tooLong(host: string): TokenctlError {
  return new TokenctlError('REPLY_MALFORMED', `The answer of ${host} is longer than 64 KiB.`, {
    failure: 'ambiguous',
  })
}
