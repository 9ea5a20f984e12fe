/** The sentences that people read about accounts: why a state holds, and what mends it. One place, so they agree. */
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { Assessment, Why } from '../../renewal/assess.ts'
import { askAgainAt, failingWords } from '../../renewal/back-off.ts'
import { deliverAgainAt, deliveryState } from '../../renewal/delivery-state.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { AccountHeader, Gap } from '../../tokens/token-set.ts'
import { showEndOfWait, showTime } from './dates.ts'

type Words = (facts: {
  readonly title: string
  readonly ends: string
  readonly renewBy: string
  readonly tracked: boolean
}) => string

const REASONS: Readonly<Record<Why, Words>> = {
  refused: ({ title }) => `${title} refused the refresh token; the seller must consent again`,
  'answer-lost': ({ title }) =>
    `an answer was lost and ${title} now refuses the old token; the seller must consent again`,
  ended: ({ ends }) => `the consent ended ${ends}`,
  'ended-by-estimate': ({ ends }) => `the consent ended about ${ends} (estimated)`,
  'answer-awaited': () => 'a renewal was sent and its answer never stored',
  'ends-soon': ({ ends }) => `the consent ends ${ends}, and only a new consent extends it`,
  'past-estimate': ({ ends }) => `past its estimated end (${ends}), still accepted`,
  'window-passed': ({ renewBy }) => `renew by ${renewBy} has passed`,
  'lead-reached': ({ ends }) => `the consent ends ${ends}; renew before`,
  'access-ends': () => 'the access token that it hands on must be fetched anew',
  'never-consented': ({ tracked }) =>
    tracked
      ? 'nobody said when the seller consented'
      : 'never renewed here, and nobody said when the seller consented',
  'end-unknown': () => 'its end is only estimated; one renewal brings the true one',
  'date-ahead': () => 'it was last renewed on a day that is still to come: a clock was wrong',
  unproven: () => 'the pasted token is not proven yet',
  'in-time': ({ renewBy }) => `renew by ${renewBy}`,
}

/** Why the account is in its state, as part of a sentence, with dates as `showDate` writes them. */
export function reasonFor(
  assessment: Assessment,
  adapter: Pick<MarketplaceAdapter, 'title'>,
  tracked: boolean,
  showDate: (at: EpochMs) => string,
): string {
  const show = (at: EpochMs | null | undefined) =>
    at === null || at === undefined ? 'an unknown day' : showDate(at)
  return REASONS[assessment.why]({
    title: adapter.title,
    ends: show(assessment.ends?.at),
    renewBy: show(assessment.renewBy),
    tracked,
  })
}

/** Why an unattended run does not ask for an account now, as part of a sentence; null when it would. */
export function backOffReason(
  header: Pick<AccountHeader, 'account' | 'failing' | 'lastAttempt'>,
  now: EpochMs,
): string | null {
  const until = askAgainAt(header, now)
  return header.failing === null || until === null
    ? null
    : failingWords(header.failing, until, showTime, showEndOfWait)
}

/** What a gap means to a seller, and the two steps that close it, in whole sentences. */
export function gapNote(account: string, gap: Gap): string {
  return `${account} was dead from ${showTime(gap.from)} to ${showTime(gap.to)}: orders of that time may be missing. Fetch them again, then: tokenctl accounts ack ${account}`
}

/** What has not arrived where it is handed on to, and what mends it; null where nothing is late. */
export function deliveryNote(header: AccountHeader, now: EpochMs): string | null {
  const { account, delivery } = header
  const state = deliveryState(header)
  if (delivery === null || state === null || state === 'delivered') return null
  const { target, failing } = delivery
  const start = `${account}: delivery ${state}`
  if (failing === null)
    return `${start}; the next run hands it to ${target}, or now: tokenctl deliver ${account}`
  const since = showTime(failing.since)
  // Of a program nobody wrote down whether it refused, or tokenctl refused to run it.
  const refused = delivery.how === 'command' ? 'refused it, or could not be run,' : 'refused it'
  if (state === 'failed')
    return `${start}: ${target} ${refused} ${since}. When that is mended: tokenctl deliver ${account}`
  const again = deliverAgainAt(delivery, now)
  const when = again === null ? 'the next run tries again' : `tried again after ${showEndOfWait(again)}`
  const times = failing.count === 1 ? `failed ${since}` : `failed ${failing.count} times since ${since}`
  return `${start}: ${target} ${times}; ${when}, or now: tokenctl deliver ${account}`
}

/** Where a tracked shop's credentials are renewed, since nothing of them rests here. */
export function platformSteps(title: string): string {
  return `Open the platform that keeps this shop in sync, find its ${title} connection, press "Reset credentials" (or "Reconnect") and consent as the seller.`
}

/** What connects a marketplace that nothing is connected to, as a command to type. */
export function connectCommand(marketplace: string): string {
  return marketplace === 'amazon' ? 'tokenctl set-amazon' : `tokenctl login ${marketplace}`
}

/** What to type next; null when nothing is to be done. Always names the account, and works as printed. */
export function commandFor(
  assessment: Pick<Assessment, 'mender'>,
  adapter: Pick<MarketplaceAdapter, 'id' | 'consentCommand'>,
  header: Pick<AccountHeader, 'account' | 'holdsToken' | 'isAppPublic' | 'seller'>,
): string | null {
  const { account, holdsToken } = header
  if (assessment.mender === 'nobody') return null
  if (assessment.mender === 'program' || !holdsToken) return `tokenctl renew ${account}`
  const name = account.slice(adapter.id.length + 1)
  return adapter.consentCommand(name, consentsByBrowser(header))
}

/**
 * Whether the seller consents on a page of the marketplace. Where the app's record is missing or damaged, a known
 * seller says so: on Amazon only such a consent tells whose shop it is.
 */
export function consentsByBrowser({
  isAppPublic,
  seller,
}: Pick<AccountHeader, 'isAppPublic' | 'seller'>): boolean {
  return isAppPublic ?? seller !== null
}
