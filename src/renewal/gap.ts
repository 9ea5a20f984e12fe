/**
 * The time in which an account was dead: no order of it came in, and nobody fetches those by himself once it is alive
 * again. Pure. A gap stays in the header until a person acknowledges it; until then it is widened, never narrowed or lost.
 */
import type { EpochMs } from '../tokens/time.ts'
import type { AccountHeader, Gap } from '../tokens/token-set.ts'
import { type EndPolicy, endOf, isOutlived } from './assess.ts'

/**
 * `after`, with the time in which the account was dead if it came back to life with this change. Every writer that can
 * bring an account back calls it on what it is about to store.
 *
 * @param before the header as it was stored: `refused`, or past its consent's end, when it was dead.
 * @param now when the account came back: the end of the gap.
 */
export function withGap(
  before: AccountHeader,
  after: AccountHeader,
  policy: EndPolicy,
  now: EpochMs,
): AccountHeader {
  const from = isAlive(after, policy, now) ? deadSince(before, after, policy, now) : null
  // A refusal that a wrong clock dated ahead, with nothing known before it, tells no length of time.
  const found = from !== null && from < now ? { from, to: now } : null
  const gap = [before.gap, after.gap, found].reduce(widened, null)
  return { ...after, gap }
}

function widened(gap: Gap | null, other: Gap | null): Gap | null {
  if (gap === null || other === null) return gap ?? other
  return { from: Math.min(gap.from, other.from), to: Math.max(gap.to, other.to) }
}

function isAlive(header: AccountHeader, policy: EndPolicy, now: EpochMs): boolean {
  return header.refused === null && endedAt(header, policy, now) === null
}

/** Since when it was dead: by its refusal or by its consent's end, whichever is the earlier; null when it was alive. */
function deadSince(
  before: AccountHeader,
  after: AccountHeader,
  policy: EndPolicy,
  now: EpochMs,
): EpochMs | null {
  const ended = endWasWrong(before, after, policy) ? null : endedAt(before, policy, now)
  const refused = before.refused === null ? null : aliveUntil(before, Math.min(before.refused.at, now))
  if (ended === null || refused === null) return ended ?? refused
  return Math.min(ended, refused)
}

/** The consent's end, where it has passed and nothing shows that it was estimated too early. */
function endedAt(header: AccountHeader, policy: EndPolicy, now: EpochMs): EpochMs | null {
  const ends = endOf(header, policy)
  return ends === null || now < ends.at || isOutlived(ends, header.acceptedAt) ? null : ends.at
}

/**
 * Whether this very change shows that the end was estimated too early: the vendor has accepted the same consent after
 * it. Without this, every consent that outlives its estimate would look dead from that day until its next renewal.
 */
function endWasWrong(before: AccountHeader, after: AccountHeader, policy: EndPolicy): boolean {
  const ends = endOf(before, policy)
  return ends !== null && before.consentAt === after.consentAt && isOutlived(ends, after.acceptedAt)
}

/**
 * The last time at which a refused account is known to have been alive: it died some time between then and the refusal.
 * What is dated after the refusal was dated by a wrong clock.
 */
function aliveUntil(header: AccountHeader, refusedAt: EpochMs): EpochMs {
  const known = [header.acceptedAt, header.renewedAt, header.consentAt]
  return known.find((at): at is EpochMs => at !== null && at <= refusedAt) ?? refusedAt
}
