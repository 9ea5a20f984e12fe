/**
 * Which accounts may need something, as dates that a store compares with columns of its own: a superset of what
 * `assess.ts` finds, so that a million headers need not be read to find the few that are due. Pure. Nothing is decided
 * here: whoever asks with these bounds lets `planFor` or `assess` look at each account once more.
 */
import { addDuration, DAY, type Duration, type EpochMs } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { DueBounds } from '../vault/header-query.ts'
import type { MarketplaceFacts } from './assess.ts'
import type { Policy } from './policy.ts'

/** A month on the average of the Gregorian calendar's 400 years (146,097 days), in days. */
const MEAN_MONTH_DAYS = 146_097 / 4800
/** Spans of whole months are longer than so many mean ones by less than this, in days (3.74 over all starts in 400 years). */
const MONTHS_VARY_DAYS = 4

/** The bounds of one marketplace at one `now`. */
export function dueBounds(
  adapter: Pick<MarketplaceFacts, 'reportsEnd'> & { readonly id: string },
  policy: Policy,
  now: EpochMs,
): DueBounds {
  const { window, warning, lead, lifetime } = policy
  const isSliding = policy.lifetimeFrom === 'refresh'
  const life = longest(lifetime)
  // How long before a consent's end something may begin: as `assess` has it, with the longest lives there can be.
  const [beforeReported, beforeEstimated] = isSliding
    ? [life / 2, life / 2]
    : [
        Math.max(longest(warning), longest(lead)),
        Math.max(Math.min(longest(warning), life / 4), Math.min(longest(lead), life / 8)),
      ]
  const windowBegan = latestBegin(window, now)
  const lifeBegan = latestBegin(lifetime, now + Math.ceil(beforeEstimated))
  return {
    marketplace: adapter.id,
    lastBefore: isSliding ? Math.max(windowBegan, lifeBegan) : windowBegan,
    endsBefore: now + Math.ceil(beforeReported),
    // Where each renewal gives as long again, the day of consent ends nothing that the last renewal has not ended.
    consentBefore: isSliding ? Math.min(windowBegan, lifeBegan) : lifeBegan,
    wantsEnd: adapter.reportsEnd,
    ahead: now + DAY,
  }
}

/**
 * Whether an account may be anything but `ok`, by the bounds of its marketplace: the rule that a store's query has, for
 * what has no query. False for every account of another marketplace.
 */
export function mayBeDue(header: AccountHeader, bounds: DueBounds): boolean {
  const { account, endsAt, consentAt, renewedAt } = header
  if (!account.startsWith(`${bounds.marketplace}:`)) return false
  if (hasSomethingOpen(header)) return true
  const last = renewedAt ?? consentAt
  if (last === null || last <= bounds.lastBefore) return true
  if ((renewedAt ?? last) > bounds.ahead || (consentAt ?? last) > bounds.ahead) return true
  if (endsAt !== null) return endsAt <= bounds.endsBefore
  if (bounds.wantsEnd && header.holdsToken) return true
  return consentAt !== null && consentAt <= bounds.consentBefore
}

/** What no date says: a refusal, a failure, a token or answer that waits, tokens that are handed on. */
function hasSomethingOpen(header: AccountHeader): boolean {
  const { refused, pendingAt, failing, presentedAt, delivery, awaitsRecovery } = header
  return awaitsRecovery || [refused, pendingAt, failing, presentedAt, delivery].some(each => each !== null)
}

/** The latest begin of a length that is over at `now`; up to a day later where months that differ leave no such date. */
function latestBegin(length: Duration, now: EpochMs): EpochMs {
  const { months, exact } = parts(length)
  const end = now - exact
  if (months === 0) return end
  let begin = addDuration(end, { months: -months })
  // 28 to 31 January and one month are all 28 February.
  while (addDuration(begin + DAY, { months }) <= end) begin += DAY
  // There is no 30 February to begin on: whatever began on the 28th is over, at any hour.
  return addDuration(begin, { months }) < end ? (Math.floor(begin / DAY) + 1) * DAY - 1 : begin
}

/** The longest that a length can last, whenever it begins, in milliseconds. */
function longest(length: Duration): number {
  const { months, exact } = parts(length)
  const days =
    months === 0 ? 0 : Math.min(months * 31, Math.ceil(months * MEAN_MONTH_DAYS) + MONTHS_VARY_DAYS)
  return days * DAY + exact
}

/** A length as its months, which the calendar makes longer or shorter, and all the rest in milliseconds. */
function parts({ years = 0, months = 0, ...rest }: Duration): { months: number; exact: number } {
  return { months: years * 12 + months, exact: addDuration(0, rest) }
}
