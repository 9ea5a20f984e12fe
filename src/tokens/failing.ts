/** How failures in a row are counted, for runs that nobody watches. When such a run asks again: `renewal/back-off.ts`. */
import { ERROR_CODES, knownCode } from '../errors.ts'
import { DAY, type EpochMs } from './time.ts'
import type { Failing } from './token-set.ts'

/** The furthest that a vendor's wish to be left alone is kept to: beyond a day it is more likely a slip than a wish. */
export const LONGEST_HOLD_MS = DAY

export interface Failure {
  readonly code: string
  readonly at: EpochMs
  /** How long the vendor asked to be left alone; null or absent when it did not. */
  readonly retryAfterMs?: number | null | undefined
}

/**
 * The count after one more failure: one more of the same code, or the first of another. What is no failure of the
 * exchange (the vault, another run's lock, a request that was wrong here) leaves the count as it is.
 */
export function withFailure(before: Failing | null, { code, at, retryAfterMs }: Failure): Failing | null {
  if (!isOfExchange(code)) return before
  const asked =
    retryAfterMs != null && retryAfterMs > 0 ? at + Math.ceil(Math.min(retryAfterMs, LONGEST_HOLD_MS)) : null
  // A named renew may come in between, and another failure than the one that named a time does not take it back.
  const held = before?.notBefore ?? null
  const stillHeld = held !== null && held > at && held <= at + LONGEST_HOLD_MS ? held : null
  const notBefore = asked === null || stillHeld === null ? (asked ?? stillHeld) : Math.max(asked, stillHeld)
  return before?.code === code
    ? { code, count: before.count + 1, since: Math.min(before.since, at), notBefore }
    : { code, count: 1, since: at, notBefore }
}

/** Another run's lock, an update of tokenctl, and what goes out beside renewals: nothing of these is the marketplace's. */
const BESIDE_THE_EXCHANGE = [
  'LOCK_HELD',
  'PROGRAM_REPLACED',
  'NOTICE_FAILED',
  'HOOK_FAILED',
  'DELIVERY_PENDING',
  'DELIVERY_FAILED',
  'SCHEDULER_FAILED',
]

/** A code of one's own request or machine says nothing about whether the vendor would answer now. */
function isOfExchange(code: string): boolean {
  if (BESIDE_THE_EXCHANGE.includes(code)) return false
  const known = knownCode(code)
  if (known === undefined) return true
  const { exit } = ERROR_CODES[known]
  return exit !== 2 && exit !== 5 && exit !== 130
}
