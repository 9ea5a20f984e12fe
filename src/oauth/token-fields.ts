/**
 * The two things that every token answer is made of: token strings and lengths of time. Both come from outside, and
 * what leaves here can be stored, sent again and reckoned with: no control characters, no NaN, no end of time.
 */
import * as z from 'zod/mini'
import { DAY, type EpochMs, SECOND } from '../tokens/time.ts'
import { LONGEST_ACCESS_MS } from '../tokens/token-set.ts'

/**
 * A token as one can be sent again: printable ASCII, not empty. RFC 6749 allows a space as well; no vendor's token
 * has one, and a token with white space is the mark of an answer that something mangled.
 *
 * @see RFC 6749 appendix A.12 and A.17
 */
export const tokenText = z.string().check(z.regex(/^[\x21-\x7e]+$/))

/** The longest that a consent is believed to last; the longest documented life is eBay's 18 months. */
const LONGEST_CONSENT_MS = 10 * 366 * DAY

const DECIMAL = /^[+-]?\d{1,400}(\.\d{1,20})?$/

/** A number, or a decimal number in a string (AliExpress sends both); undefined for anything else. */
export function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : value
  return typeof value === 'string' && DECIMAL.test(value.trim()) ? Number(value) : undefined
}

/**
 * An access token's life in seconds, between 0 and 400 days. Without a number the vendor's documented one: a good
 * token is worth more than a good date, and one believed to end too early costs no more than a refresh.
 */
export function accessLifeSeconds(expiresIn: unknown, documentedSeconds: number): number {
  const seconds = readNumber(expiresIn) ?? documentedSeconds
  return Math.min(Math.max(seconds, 0), LONGEST_ACCESS_MS / SECOND)
}

/**
 * A consent's end as reported in seconds from `now`. Undefined when it is no number, has passed, or lies more than
 * ten years ahead: such an answer is a slip, and a false "all is well" would lose a shop; the estimate then stands.
 */
export function consentEnd(expiresIn: unknown, now: EpochMs): EpochMs | undefined {
  const seconds = readNumber(expiresIn)
  return seconds === undefined ? undefined : plausibleConsentEnd(now + seconds * SECOND, now)
}

/** A point as a consent's end; undefined under the same conditions. */
export function plausibleConsentEnd(at: EpochMs, now: EpochMs): EpochMs | undefined {
  return at > now && at <= now + LONGEST_CONSENT_MS ? Math.round(at) : undefined
}
