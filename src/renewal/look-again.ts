/**
 * When an account that was looked at is worth another look, for a worker that comes round every few seconds: nothing is
 * asked earlier or later for it than its dates and back-offs say, it is only not read again and again meanwhile. Pure.
 */
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { type EpochMs, HOUR, MINUTE, SECOND } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { assess } from './assess.ts'
import { askAgainAt } from './back-off.ts'
import { accessRenewBy, deliverAgainAt, deliveryState } from './delivery-state.ts'
import { dueBounds, mayBeDue } from './due-bounds.ts'
import type { Policy } from './policy.ts'
import type { RenewResult } from './ports.ts'

/** Another is at it, which takes two minutes at the very most. */
const OTHERS_MS = MINUTE
/** A failure that the next run may get over, as a schedule of a few minutes has it. */
const FAILED_MS = 5 * MINUTE
/** A person has to do something first: keys, a setting. */
const MENDED_MS = HOUR
/** A person has to act, and what they do writes the record anew. */
const PERSON_MS = 4 * HOUR
/** Never longer, whatever the dates say: settings change, and a record can be replaced. */
const LONGEST_MS = 6 * HOUR
/** Never sooner: what is due by its dates and was left all the same must not be read in a circle. */
const SHORTEST_MS = 30 * SECOND

/** What decides about one account. */
export interface LookedAt {
  /** As it is now. */
  readonly header: AccountHeader
  /** How it came out; undefined where nothing was to be done. */
  readonly result: Pick<RenewResult, 'outcome' | 'error' | 'waitsUntil'> | undefined
  readonly adapter: MarketplaceAdapter
  readonly policy: Policy
  readonly now: EpochMs
}

/** Until when nobody need look at it; null where something was done, and its dates alone keep everybody away. */
export function lookAgainAt(looked: LookedAt): EpochMs | null {
  const { result, now } = looked
  if (result?.error != null) return within(now, failedUntil(looked))
  if (result?.outcome === 'needs-person') return within(now, Math.min(now + PERSON_MS, nextByDates(looked)))
  // What was taken and left would be taken again at once: a store may see something in it that its dates do not say, as the
  // journal of a renewal whose removal alone was cut off.
  if (result === undefined) return within(now, nextByDates(looked))
  const { header, adapter, policy } = looked
  return mayBeDue(header, dueBounds(adapter, policy, now)) ? within(now, nextByDates(looked)) : null
}

function failedUntil({ header, result, adapter, now }: LookedAt): EpochMs {
  if (result?.waitsUntil !== undefined) return result.waitsUntil
  if (result?.error?.code === 'LOCK_HELD') return now + OTHERS_MS
  const paused = askAgainAt(header, now) ?? now
  const needsMending = result?.error?.exit !== 4 && result?.error?.exit !== 5
  const { presentedAt, awaitsRecovery, accessExpiresAt } = header
  // Whose answer was lost is asked when its access token is about to run out, and not before (`planFor`).
  const waits = presentedAt !== null && !awaitsRecovery && accessExpiresAt !== null
  const lostUntil = waits ? accessExpiresAt - adapter.renewBeforeSeconds * SECOND : now
  return Math.max(paused, lostUntil, now + (needsMending ? MENDED_MS : FAILED_MS))
}

/** When its dates, its access token or its delivery next want something; a time that has come counts as none. */
function nextByDates({ header, adapter, policy, now }: LookedAt): EpochMs {
  const { renewBy } = assess(header, adapter, policy, now)
  const { delivery } = header
  const waits = delivery !== null && deliveryState(header) === 'pending'
  const deliverBy = waits ? (deliverAgainAt(delivery, now) ?? now + FAILED_MS) : null
  const coming = [renewBy, accessRenewBy(header, now), deliverBy].filter(at => at !== null && at > now)
  return Math.min(...coming.map(at => at ?? now), now + LONGEST_MS)
}

function within(now: EpochMs, until: EpochMs): EpochMs {
  return Math.min(Math.max(until, now + SHORTEST_MS), now + LONGEST_MS)
}
