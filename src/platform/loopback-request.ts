/**
 * Which requests to the loopback listener are a person's browser, sent there by the address bar or by a redirect.
 * Everything else on the machine, and every web page, can speak to the port as well: a page by its scripts, frames,
 * forms and preloads, or under a name of its own that resolves to us. Pure: it reads, and answers nothing.
 */
import type { IncomingMessage } from 'node:http'

/** Where a redirect is awaited. `localhost` is not among the hosts: it can be somebody else's (RFC 8252 section 8.3). */
export interface LoopbackAddress {
  readonly host: '127.0.0.1' | '::1'
  readonly port: number
  /** Begins with `/`, encoded as a browser sends it. */
  readonly path: string
}

/** The longest query, in bytes. eBay's code has at most 1,024 characters, and whole addresses stay under 3,000. */
export const LONGEST_QUERY = 8 * 1024

const HTTP_PORT = 80

// Sent with what is fetched before a person asks for it: the standard's, Chromium's older one, Safari's, Firefox'.
const SENT_AHEAD = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']
// A browser sends these with every request to a loopback address; other clients need not (W3C Fetch Metadata).
const FETCH_METADATA = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' } as const
const PRINTABLE = /^[\x21-\x7e]*$/

type Request = Pick<IncomingMessage, 'method' | 'httpVersion' | 'url' | 'headersDistinct'>

/**
 * The undecoded query of a top-level navigation to exactly this address; undefined for every other request. The `Host`
 * must be the literal with our port: another one is a name that somebody pointed here (DNS rebinding). `Origin` is sent
 * by scripts and forms, and not when a browser follows a redirect by GET.
 *
 * @see RFC 8252 sections 7.3 and 8.3; RFC 9110 section 7.2
 */
export function navigationQuery(request: Request, address: LoopbackAddress): string | undefined {
  const { method, httpVersion, url = '', headersDistinct: headers } = request
  if (method !== 'GET' || httpVersion !== '1.1') return undefined
  const [host, ...more] = headers['host'] ?? []
  if (host === undefined || more.length > 0 || !authoritiesOf(address).includes(host)) return undefined
  if ([...SENT_AHEAD, 'origin'].some(name => headers[name] !== undefined)) return undefined
  for (const [name, expected] of Object.entries(FETCH_METADATA))
    if (headers[name]?.some(value => value !== expected)) return undefined
  const mark = url.indexOf('?')
  if (mark === -1 || url.slice(0, mark) !== address.path) return undefined
  const query = url.slice(mark + 1)
  return query.length <= LONGEST_QUERY && PRINTABLE.test(query) ? query : undefined
}

function authoritiesOf({ host, port }: LoopbackAddress): readonly string[] {
  const literal = host === '::1' ? '[::1]' : host
  // A browser leaves the scheme's own port out.
  return port === HTTP_PORT ? [literal, `${literal}:${port}`] : [`${literal}:${port}`]
}
