/** Which redirect addresses a program on the seller's own machine can listen on. Pure. */
import type { LoopbackAddress } from '../platform/loopback.ts'

// The text is looked at, not what URL makes of it: `http://0x7f.1` is the same host to URL, and no equal text to a
// vendor, who compares texts. No user, and no fragment (RFC 6749 section 3.1.2).
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\])(:\d{1,5})?(?:[/?][^#]*)?$/

const HTTP_PORT = 80

/**
 * Host, port and path of `http://127.0.0.1[:port]/…` or `http://[::1][:port]/…`; without a port it is 80. Null for
 * every other address: its answer is pasted. `localhost` is such another one, since it can resolve to something else.
 *
 * @see RFC 8252 sections 7.3 and 8.3
 */
export function readLoopbackAddress(redirectUri: string): LoopbackAddress | null {
  const literal = LOOPBACK.exec(redirectUri)?.[1]
  if (literal === undefined || !URL.canParse(redirectUri)) return null
  const { port, pathname } = new URL(redirectUri)
  const host = literal === '[::1]' ? '::1' : '127.0.0.1'
  return { host, port: port === '' ? HTTP_PORT : Number(port), path: pathname }
}
