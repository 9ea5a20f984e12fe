/**
 * From an account's two clocks to the one question of a calendar or a monitor: who has to do something next, and by
 * when. Pure. It decides no state of its own: whatever it needs of the future it asks of `assess`, at that time.
 */
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import { assess, type Mender, SECRET_WARNING_DAYS } from '../../renewal/assess.ts'
import type { Policy } from '../../renewal/policy.ts'
import { DAY, type EpochMs } from '../../tokens/time.ts'
import { appWords } from '../keys/app-words.ts'
import { commandFor } from '../render/words.ts'
import type { AssessedAccount, AssessedApp } from './status-report.ts'

/** What has to be done next for an account. */
export interface NextAct {
  readonly at: EpochMs
  /** `program`: the next unattended run does it, and a person who has none types the same. */
  readonly by: 'program' | 'person'
  /** The time for it has come or passed: `at` is the present. */
  readonly isOverdue: boolean
}

/**
 * By when somebody must act. A person, where only a person can: for a shop that a program refreshes, the last day that
 * leaves the lead time before the consent's end; for others (Amazon's, tracked ones) Renew by. A program, where its time
 * has come and nobody did it, or where each of its renewals gives as long a life again, so that no person ever has to. Null when nobody has to on any day that is known.
 */
export function nextAct(account: AssessedAccount, policy: Policy, now: EpochMs): NextAct | null {
  const { state, mender } = account.assessment
  if (mender === 'program') return { at: now, by: 'program', isOverdue: true }
  if (state === 'rejected' || state === 'expired') return { at: now, by: 'person', isOverdue: true }
  if (isRefreshed(account) && policy.lifetimeFrom === 'refresh') {
    const byProgram = renewByOfConsent(account, policy, now)
    return byProgram === null
      ? null
      : { at: Math.max(byProgram, now), by: 'program', isOverdue: byProgram <= now }
  }
  const at = isRefreshed(account) ? latestRenewal(account, policy) : renewByOfConsent(account, policy, now)
  if (at === null) return state === 'ok' ? null : { at: now, by: 'person', isOverdue: true }
  return { at: Math.max(at, now), by: 'person', isOverdue: at <= now }
}

/** Who mends an account now, or, while it is fine, who will when its Renew by has come. */
export function nextMender(account: AssessedAccount, policy: Policy): Mender {
  const { header, adapter, assessment } = account
  if (assessment.state !== 'ok' || assessment.renewBy === null) return assessment.mender
  return assess(header, adapter, policy, assessment.renewBy).mender
}

/** What the one who acts next types; for a state that is fine too, where `commandFor` says that nothing is to be done. */
export function nextCommand({ header, adapter, assessment }: AssessedAccount, by: Mender): string | null {
  return commandFor({ ...assessment, mender: by }, adapter, header)
}

/** The day from which `status --check` counts an app's secret; null where it has no end, or an unknown one. */
export function secretActBy({ assessment: { endsAt } }: AssessedApp): EpochMs | null {
  // Amazon's first notice comes half a secret's life before its end; what counts as "must act" is the second.
  const [, mustAct] = SECRET_WARNING_DAYS
  return endsAt === null ? null : endsAt - mustAct * DAY
}

/** What is typed when an app's secret was rotated. */
export function secretCommand(
  { header }: AssessedApp,
  { appSecretOverlapDays }: Pick<MarketplaceAdapter, 'appSecretOverlapDays'>,
): string {
  return `tokenctl app ${appSecretOverlapDays === undefined ? 'set' : 'rotate'} ${appWords(header)}`
}

/** Whether a refresh is a renewal here, so that a person is needed for the consent alone. */
function isRefreshed({ header, adapter }: AssessedAccount): boolean {
  return adapter.refreshRenews && header.holdsToken
}

/** Renew by without what a program does for a handed-on access token: that asks for nobody's day. */
function renewByOfConsent({ header, adapter, assessment }: AssessedAccount, policy: Policy, now: EpochMs) {
  return header.delivery === null
    ? assessment.renewBy
    : assess({ ...header, delivery: null }, adapter, policy, now).renewBy
}

/** The lead time before the consent's end: what Renew by would be after a renewal at that very end. */
function latestRenewal({ header, adapter, assessment: { ends } }: AssessedAccount, policy: Policy) {
  if (ends === null) return null
  return assess({ ...header, renewedAt: ends.at, delivery: null }, adapter, policy, ends.at).renewBy
}
