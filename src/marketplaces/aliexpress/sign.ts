/**
 * The signature of the IOP gateway. It must sort by code unit, not by a locale, and must put the path of a system
 * interface in front: a client that forgets either is told `IncompleteSignature`, which reads like a wrong secret.
 */
import { createHmac } from 'node:crypto'
import type { Secret } from '../../tokens/secret.ts'

/**
 * HMAC-SHA256 over the path and every name and value, unencoded, sorted by name in ASCII order; upper-case hex.
 *
 * @param path of a system interface, without `/rest`: `/auth/token/refresh`; empty for a business interface on `/sync`.
 * @param parameters all that is sent but `sign`, which is left out if it is there.
 * @see https://openservice.aliexpress.com/doc/doc.htm#/?docId=1367
 */
export function sign(path: string, parameters: Readonly<Record<string, string>>, appSecret: Secret): string {
  const text = Object.entries(parameters)
    .filter(([name]) => name !== 'sign')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}${value}`)
    .join('')
  return createHmac('sha256', appSecret.reveal())
    .update(path + text, 'utf8')
    .digest('hex')
    .toUpperCase()
}
