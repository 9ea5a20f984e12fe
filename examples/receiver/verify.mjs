/**
 * Whether a POST was signed by the tokenctl that holds our key, a moment ago: the one check that stands between anybody who
 * finds the address and the tokens that are kept behind it. Pure: bytes in, a word out. It reads no JSON: what is not
 * signed is not looked at.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** How far the sender's clock and ours may be apart, in seconds. What was signed longer ago may be a replay. */
export const TOLERANCE_SECONDS = 300

/**
 * `genuine`, or why not: `malformed` (there is no such signature), `stale` (signed too long ago, or a clock is wrong),
 * `forged` (by another key, or over another body).
 *
 * @param {{ signature: string | undefined, body: Buffer, keys: readonly Buffer[], now: number }} request
 *   the header `tokenctl-signature`; the body's bytes exactly as they came; every key that is good now, so that a new one
 *   can be given to tokenctl before the old one is taken away here; and the time in milliseconds
 * @returns {'genuine' | 'malformed' | 'stale' | 'forged'}
 */
export function verify({ signature = '', body, keys, now }) {
  const fields = signature.split(',').map(field => field.split('='))
  const t = fields.find(([name]) => name === 't')?.[1] ?? ''
  const signatures = fields.filter(([name, value]) => name === 'v1' && /^[0-9a-f]{64}$/.test(value ?? ''))
  if (!/^\d{1,12}$/.test(t) || signatures.length === 0) return 'malformed'
  if (Math.abs(now / 1000 - Number(t)) > TOLERANCE_SECONDS) return 'stale'
  const isGenuine = keys.some(key => {
    const expected = createHmac('sha256', key).update(`${t}.`).update(body).digest()
    // Compared in the same time wherever they differ: how long a refusal takes must not tell how far a guess was right.
    return signatures.some(([, value]) => timingSafeEqual(Buffer.from(value, 'hex'), expected))
  })
  return isGenuine ? 'genuine' : 'forged'
}
