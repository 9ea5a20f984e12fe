/** The value behind `status`: from the headers of a vault to the rows of the report. Pure; the presenters print it. */
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import { type Assessment, assess, assessSecret, type SecretAssessment } from '../../renewal/assess.ts'
import { deliverAgainAt, deliveryState } from '../../renewal/delivery-state.ts'
import type { Policy } from '../../renewal/policy.ts'
import { type AppHeader, overlapUntil } from '../../tokens/app-keys.ts'
import { type EpochMs, toIso } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { showDay } from '../render/dates.ts'
import { backOffReason, commandFor, reasonFor } from '../render/words.ts'
import { refOf } from '../selection.ts'
import type { AccountRow, AppRow, StatusReport } from '../shapes/status-shape.ts'
import type { StatusFindings } from './status-findings.ts'

/** One account with what its dates mean now. */
export interface AssessedAccount {
  readonly header: AccountHeader
  readonly adapter: MarketplaceAdapter
  readonly assessment: Assessment
}

/** One app with what is left of its secret. */
export interface AssessedApp {
  readonly header: AppHeader
  readonly assessment: SecretAssessment
  /** Until when the secret before it is taken too; null where there is none, or not any more. */
  readonly previousEndsAt: EpochMs | null
}

export interface Rules {
  readonly adapterOf: (marketplace: string) => MarketplaceAdapter
  readonly policyOf: (adapter: MarketplaceAdapter) => Policy
}

/** Every account with its state at `now`, in the order given. */
export function assessAccounts(
  headers: readonly AccountHeader[],
  rules: Rules,
  now: EpochMs,
): AssessedAccount[] {
  return headers.map(header => {
    const adapter = rules.adapterOf(refOf(header).marketplace)
    return { header, adapter, assessment: assess(header, adapter, rules.policyOf(adapter), now) }
  })
}

/** Every app with the state of its secret at `now`. */
export function assessApps(headers: readonly AppHeader[], rules: Rules, now: EpochMs): AssessedApp[] {
  return headers.map(header => {
    const lifeDays = rules.adapterOf(header.marketplace).appSecretLifeDays
    const assessment = assessSecret(header.secretIssuedAt, lifeDays, now)
    return { header, assessment, previousEndsAt: overlapUntil(header, now) }
  })
}

/** The findings as `status --json` has them. */
export function reportOf(findings: StatusFindings): StatusReport {
  return {
    version: 1,
    now: toIso(findings.now),
    store: findings.store,
    accounts: findings.accounts.map(account => accountRow(account, findings.now)),
    apps: findings.apps.map(appRow),
    notConnected: [...findings.notConnected],
    lastOpenedAt: findings.lastOpened === undefined ? null : toIso(findings.lastOpened.at),
    warnings: [...findings.warnings, ...findings.problems.map(problem => problem.message)],
  }
}

const iso = (at: EpochMs | null) => (at === null ? null : toIso(at))

/** The two fields that both reports share: the consent's end, with nulls where it is unknown. */
export function endsOf(assessment: Assessment | null): AccountRow['ends'] {
  const ends = assessment?.ends ?? null
  return { at: iso(ends?.at ?? null), basis: ends?.basis ?? null }
}

/** One account as scripts read it. */
export function accountRow(account: AssessedAccount, now: EpochMs): AccountRow {
  const { header, assessment } = account
  const { marketplace, name } = refOf(header)
  const { gap, lastAttempt } = header
  return {
    account: header.account,
    marketplace,
    name,
    app: header.app,
    state: assessment.state,
    consentAt: iso(header.consentAt),
    renewedAt: iso(header.renewedAt),
    renewBy: iso(assessment.renewBy),
    ends: endsOf(assessment),
    daysLeft: assessment.daysLeft,
    accessExpiresAt: iso(header.accessExpiresAt),
    seller: header.seller,
    lastAttempt: lastAttempt === null ? null : { ...lastAttempt, at: toIso(lastAttempt.at) },
    gap: gap === null ? null : { from: toIso(gap.from), to: toIso(gap.to) },
    delivery: deliveryRow(header, now),
    tags: header.tags,
    next: nextOf(account, now),
  }
}

/** What to type next for an account, null when nothing is to be done, and why it is in its state. */
export function nextOf({ header, adapter, assessment }: AssessedAccount, now: EpochMs): AccountRow['next'] {
  const reason = reasonFor(assessment, adapter, !header.holdsToken, showDay)
  const waits = assessment.state === 'ok' ? null : backOffReason(header, now)
  return {
    command: commandFor(assessment, adapter, header),
    reason: waits === null ? reason : `${reason}; ${waits}`,
  }
}

function deliveryRow(header: AccountHeader, now: EpochMs): AccountRow['delivery'] {
  const { delivery } = header
  const state = deliveryState(header)
  if (delivery === null || state === null) return null
  const { how, target, tokens, deliveredAt, failing } = delivery
  return {
    state,
    how,
    target,
    tokens: [...tokens],
    deliveredAt: iso(deliveredAt),
    failing:
      failing === null ? null : { code: failing.code, count: failing.count, since: toIso(failing.since) },
    triesAgainAt: state === 'pending' ? iso(deliverAgainAt(delivery, now)) : null,
  }
}

/** One app as scripts read it. */
export function appRow({ header, assessment, previousEndsAt }: AssessedApp): AppRow {
  return {
    marketplace: header.marketplace,
    name: header.name,
    secretIssuedAt: iso(header.secretIssuedAt),
    secretEndsAt: iso(assessment.endsAt),
    previousEndsAt: iso(previousEndsAt),
    state: assessment.state,
  }
}
