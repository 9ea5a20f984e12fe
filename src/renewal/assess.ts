/**
 * What an account's dates mean at one `now`: its state, both clocks, and why. Pure: the same header, policy and `now`
 * give the same answer, so the rules of the calendar are tested as tables. Words for people are made in `cli/render`.
 */
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { addDuration, DAY, daysUntil, durationMs, type EpochMs } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { accessRenewBy } from './delivery-state.ts'
import type { Policy } from './policy.ts'

/** Gravest first; the order is used for sorting and for the exit status of `status --check`. */
export const ACCOUNT_STATES = ['rejected', 'expired', 'unconfirmed', 'expiring', 'due', 'ok'] as const
export type AccountState = (typeof ACCOUNT_STATES)[number]

/** Why an account is in its state. One state can have several reasons; each has its own sentence. */
export type Why =
  | 'refused'
  | 'answer-lost'
  | 'ended'
  | 'ended-by-estimate'
  | 'answer-awaited'
  | 'ends-soon'
  | 'past-estimate'
  | 'window-passed'
  | 'lead-reached'
  | 'access-ends'
  | 'never-consented'
  | 'end-unknown'
  | 'unproven'
  | 'date-ahead'
  | 'in-time'

/** Who can bring the account to a better state: a program by a refresh, or a person by a new consent or token. */
export type Mender = 'program' | 'person' | 'nobody'

export interface Assessment {
  readonly state: AccountState
  readonly why: Why
  readonly mender: Mender
  /** Null when nothing is known to count from. */
  readonly renewBy: EpochMs | null
  readonly ends: { readonly at: EpochMs; readonly basis: 'reported' | 'estimated' } | null
  /** Whole days to `ends`, downwards; null when the end is unknown. */
  readonly daysLeft: number | null
}

/** What of a policy decides when a consent ends. */
export type EndPolicy = Pick<Policy, 'lifetime' | 'lifetimeFrom'>

/** Whether each renewal gives as long again, so that an end that is near is nothing that only a person can move. */
const isSliding = ({ lifetimeFrom }: Pick<Policy, 'lifetimeFrom'>) => lifetimeFrom === 'refresh'

/** The facts of a marketplace that decide states. */
export type MarketplaceFacts = Pick<MarketplaceAdapter, 'refreshRenews' | 'reportsEnd'>

/** Both clocks and the state of one account. */
export function assess(
  stored: AccountHeader,
  facts: MarketplaceFacts,
  policy: Policy,
  now: EpochMs,
): Assessment {
  const header = withoutFutureDates(stored, now)
  const ends = endOf(header, policy)
  const life = ends === null ? 0 : lifeOf(header, ends.at, policy)
  const byConsent = renewByOf(header, policy, ends?.at ?? null, life)
  const byAccess = accessRenewBy(header, now)
  const renewBy = byConsent === null || byAccess === null ? byConsent : Math.min(byConsent, byAccess)
  const found = stateOf({ header, facts, policy, now, ends, life, byConsent, renewBy })
  // A clock that was ahead once would make an account fine for as long as it was wrong.
  const { state, why } = found.state === 'ok' && header !== stored ? DATE_AHEAD : found
  return {
    state,
    why,
    mender: menderOf(header, facts, state, why),
    renewBy,
    ends,
    daysLeft: ends === null ? null : daysUntil(ends.at, now),
  }
}

const DATE_AHEAD: Verdict = { state: 'due', why: 'date-ahead' }

/** A renewal or consent of more than a day ahead was written by a wrong clock and says nothing. */
function withoutFutureDates(header: AccountHeader, now: EpochMs): AccountHeader {
  const isAhead = (at: EpochMs | null) => at !== null && at > now + DAY
  if (!isAhead(header.renewedAt) && !isAhead(header.consentAt)) return header
  return {
    ...header,
    renewedAt: isAhead(header.renewedAt) ? null : header.renewedAt,
    consentAt: isAhead(header.consentAt) ? null : header.consentAt,
  }
}

/**
 * The consent's end, reported or else estimated from its day, or from the last renewal where that gives as long again;
 * null when neither is known.
 */
export function endOf(
  header: Pick<AccountHeader, 'endsAt' | 'consentAt' | 'renewedAt'>,
  policy: EndPolicy,
): Assessment['ends'] {
  if (header.endsAt !== null) return { at: header.endsAt, basis: 'reported' }
  const from = isSliding(policy) ? (header.renewedAt ?? header.consentAt) : header.consentAt
  return from === null ? null : { at: addDuration(from, policy.lifetime), basis: 'estimated' }
}

/**
 * The consent's whole life. Where its day is unknown (or after its end, an importer's slip), or each renewal gives as long
 * again, the policy's stands in.
 */
function lifeOf(header: AccountHeader, endsAt: EpochMs, policy: Policy): number {
  const known = header.consentAt === null || isSliding(policy) ? 0 : endsAt - header.consentAt
  return known > 0 ? known : durationMs(policy.lifetime, endsAt)
}

/** Renew by as the consent has it: the window, and the lead before its end. */
function renewByOf(
  header: AccountHeader,
  policy: Policy,
  endsAt: EpochMs | null,
  life: number,
): EpochMs | null {
  const last = header.renewedAt ?? header.consentAt
  const windowEnds = last === null ? null : addDuration(last, policy.window)
  if (endsAt === null) return windowEnds
  // Each renewal moves the end: half of the life leaves the other half for whatever keeps a program from it.
  if (isSliding(policy))
    return windowEnds === null ? null : Math.min(windowEnds, endsAt - Math.floor(life / 2))
  const latest = Math.floor(endsAt - Math.min(durationMs(policy.lead, endsAt), life / 8))
  return windowEnds === null ? null : Math.min(windowEnds, latest)
}

interface Known {
  readonly header: AccountHeader
  readonly facts: MarketplaceFacts
  readonly policy: Policy
  readonly now: EpochMs
  readonly ends: Assessment['ends']
  readonly life: number
  /** Renew by without what a handed-on access token makes of it. */
  readonly byConsent: EpochMs | null
  readonly renewBy: EpochMs | null
}

type Verdict = Pick<Assessment, 'state' | 'why'>

function stateOf(known: Known): Verdict {
  const { header } = known
  if (header.refused !== null) {
    return { state: 'rejected', why: header.refused.code === 'ANSWER_LOST' ? 'answer-lost' : 'refused' }
  }
  return endVerdict(known) ?? dueVerdict(known) ?? { state: 'ok', why: 'in-time' }
}

/** Whether one refresh would bring the true end in place of an estimate, or of nothing (AliExpress). */
function endCanBeSettled({ header, facts, ends }: Known): boolean {
  return facts.reportsEnd && header.holdsToken && ends?.basis !== 'reported'
}

/** Whether the vendor accepted a refresh after an estimated end, which shows the estimate wrong, but not by how much. */
export function isOutlived(ends: NonNullable<Assessment['ends']>, acceptedAt: EpochMs | null): boolean {
  return ends.basis === 'estimated' && acceptedAt !== null && acceptedAt >= ends.at
}

function endVerdict(known: Known): Verdict | undefined {
  const { header, policy, now, ends, life } = known
  const over = ends !== null && now >= ends.at
  const outlived = over && isOutlived(ends, header.acceptedAt)
  if (over && !outlived)
    return { state: 'expired', why: ends.basis === 'estimated' ? 'ended-by-estimate' : 'ended' }
  if (header.presentedAt !== null) return { state: 'unconfirmed', why: 'answer-awaited' }
  if (outlived) return { state: 'expiring', why: 'past-estimate' }
  if (ends === null || endCanBeSettled(known)) return undefined
  const warning = Math.min(durationMs(policy.warning, ends.at), life / 4)
  if (now < ends.at - warning) return undefined
  return { state: 'expiring', why: isSliding(policy) ? 'window-passed' : 'ends-soon' }
}

function dueVerdict(known: Known): Verdict | undefined {
  const { header, now, ends, byConsent, renewBy } = known
  if (header.pendingAt !== null) return { state: 'due', why: 'unproven' }
  if (header.consentAt === null && header.renewedAt === null) return { state: 'due', why: 'never-consented' }
  if (endCanBeSettled(known)) return { state: 'due', why: 'end-unknown' }
  if (renewBy === null || now < renewBy) return undefined
  if (byConsent === null || now < byConsent) return { state: 'due', why: 'access-ends' }
  const byWindow =
    isSliding(known.policy) ||
    now >= addDuration(header.renewedAt ?? header.consentAt ?? 0, known.policy.window)
  return { state: 'due', why: byWindow || ends === null ? 'window-passed' : 'lead-reached' }
}

function menderOf(header: AccountHeader, facts: MarketplaceFacts, state: AccountState, why: Why): Mender {
  if (state === 'ok') return 'nobody'
  if (!header.holdsToken) return 'person'
  // The person has done their part: a pasted token waits, and proving it mends whatever is wrong with the old one.
  if (header.pendingAt !== null || state === 'unconfirmed') return 'program'
  // A refresh brings an access token wherever it moves a clock or not.
  if (why === 'access-ends') return 'program'
  if (state === 'expiring' && why === 'window-passed') return facts.refreshRenews ? 'program' : 'person'
  // So near the end a refresh moves Renew by no further.
  if (state === 'due') return facts.refreshRenews && why !== 'lead-reached' ? 'program' : 'person'
  return 'person'
}

/** The third clock: an app's secret, which Amazon lets live 180 days. */
export interface SecretAssessment {
  readonly state: 'ok' | 'expiring' | 'expired'
  readonly endsAt: EpochMs | null
  readonly daysLeft: number | null
  /** The warning that holds now, in days before the end: 90, 30 or 7; null before the first. */
  readonly warning: number | null
}

/** Days before an app secret's end at which a person is warned (Amazon's own first notice comes at 90). */
export const SECRET_WARNING_DAYS = [90, 30, 7] as const

/** The state of an app's secret; without a life or a day of issue there is nothing to warn of. */
export function assessSecret(
  issuedAt: EpochMs | null,
  lifeDays: number | undefined,
  now: EpochMs,
): SecretAssessment {
  if (issuedAt === null || lifeDays === undefined)
    return { state: 'ok', endsAt: null, daysLeft: null, warning: null }
  const endsAt = issuedAt + lifeDays * DAY
  const reached = SECRET_WARNING_DAYS.filter(days => now >= endsAt - days * DAY)
  const state = now >= endsAt ? 'expired' : reached.length > 0 ? 'expiring' : 'ok'
  return { state, endsAt, daysLeft: daysUntil(endsAt, now), warning: reached.at(-1) ?? null }
}
