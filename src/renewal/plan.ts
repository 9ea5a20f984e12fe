/**
 * Whether an account is asked about at all: the one decision that comes before a lock or a request. Pure; `renew-all`
 * makes it from the first reading and `renew-one` again under the lock, where another run may have changed the answer.
 */
import { ERROR_CODES } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { addDuration, type EpochMs, MINUTE, SECOND } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { assess } from './assess.ts'
import { askAgainAt } from './back-off.ts'
import { accessRenewBy } from './delivery-state.ts'
import type { Policy } from './policy.ts'

/**
 * `due` keeps to what the dates and the back-offs say; `named` asks the vendor whatever they say; `probe` too, but for
 * what asking could harm; `token` asks whatever the dates say, since an access token is wanted now, but keeps to the
 * back-offs and leaves alone what was refused for good: the scripts that want one come again and again.
 */
export type RenewMode = 'named' | 'due' | 'probe' | 'token'

/**
 * What becomes of an account: ask the vendor; wait because it failed again and again (`backing-off`), or because an
 * answer was lost and asking again could end the access token that works (`answer-lost`); tell a person; or leave it out
 * of the results.
 */
export type Plan = 'ask' | 'backing-off' | 'answer-lost' | 'needs-person' | 'leave'

/**
 * The plan for one account. Named accounts are always asked about, whatever their state; an account that is only
 * followed by its dates has nothing to ask with, unless its first token is on its way.
 */
export function planFor(
  header: AccountHeader,
  mode: RenewMode,
  adapter: MarketplaceAdapter,
  policy: Policy,
  now: EpochMs,
): Plan {
  if (mode === 'token') return planForToken(header, now)
  if (mode !== 'due') {
    const couldHarm = mode === 'probe' && header.presentedAt !== null && !header.awaitsRecovery
    if (couldHarm) return 'answer-lost'
    return header.holdsToken || header.awaitsRecovery ? 'ask' : 'needs-person'
  }
  // The answer is here already: it is stored, and nobody is asked.
  if (header.awaitsRecovery) return 'ask'
  const plan = planByDates(header, adapter, policy, now)
  return plan === 'ask' && askAgainAt(header, now) !== null ? 'backing-off' : plan
}

function planForToken(header: AccountHeader, now: EpochMs): Plan {
  if (header.awaitsRecovery) return 'ask'
  // A token that was pasted since is the person's newer word.
  if (!header.holdsToken || (header.refused !== null && header.pendingAt === null)) return 'needs-person'
  return askAgainAt(header, now) === null ? 'ask' : 'backing-off'
}

function planByDates(
  header: AccountHeader,
  adapter: MarketplaceAdapter,
  policy: Policy,
  now: EpochMs,
): Exclude<Plan, 'backing-off'> {
  const { state, mender } = assess(header, adapter, policy, now)
  if (state === 'ok') return 'leave'
  if (state === 'unconfirmed') return waitsForAccessToken(header, adapter, now) ? 'answer-lost' : 'ask'
  if (mender === 'program' || (state !== 'rejected' && isAccessDue(header, now))) return 'ask'
  return header.holdsToken && !askedWithinWindow(header, policy, now) ? 'ask' : 'needs-person'
}

/** Whatever a person has to do for the consent, an access token that is handed on must not die meanwhile. */
function isAccessDue(header: AccountHeader, now: EpochMs): boolean {
  const by = accessRenewBy(header, now)
  return by !== null && now >= by
}

/** A replay may cost the access token that still works, so it waits until that is about to run out. */
function waitsForAccessToken(header: AccountHeader, adapter: MarketplaceAdapter, now: EpochMs): boolean {
  const { accessExpiresAt, acceptedAt } = header
  // An end that a wrong clock counted from a time still to come would silence the account until then.
  if (accessExpiresAt === null || isAhead(acceptedAt, now)) return false
  return accessExpiresAt - adapter.renewBeforeSeconds * SECOND > now
}

/** How far two clocks that are kept may differ: reliability of dates that another machine, or this one before, wrote. */
const CLOCK_SLACK_MS = 2 * MINUTE

/** Whether a point that should have passed lies ahead, as a clock that was wrong leaves it: what was counted from it is no date. */
export function isAhead(at: EpochMs | null, now: EpochMs): boolean {
  return at !== null && at > now + CLOCK_SLACK_MS
}

/** Only a person can mend it, so the vendor's answer would not change: once per window is enough to be sure. */
function askedWithinWindow(header: AccountHeader, policy: Policy, now: EpochMs): boolean {
  return [lastAnswerAt(header), header.acceptedAt].some(
    // A point still to come is a clock's mistake, then or now, and must not keep anybody from asking.
    at => at !== null && at <= now && now < addDuration(at, policy.window),
  )
}

/** When the vendor last answered; a try that "the next run may succeed" with (exit 4) has brought no answer. */
function lastAnswerAt({ lastAttempt }: AccountHeader): EpochMs | null {
  const codes: Readonly<Record<string, { readonly exit: number } | undefined>> = ERROR_CODES
  return lastAttempt === null || codes[lastAttempt.code ?? '']?.exit === 4 ? null : lastAttempt.at
}
