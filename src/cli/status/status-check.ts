/** What `status` ends with: its problems alone, or with `--check` what the accounts and apps are too. Pure. */
import { TokenctlError } from '../../errors.ts'
import { SECRET_WARNING_DAYS } from '../../renewal/assess.ts'
import { deliveryState } from '../../renewal/delivery-state.ts'
import type { Policy } from '../../renewal/policy.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import { type Duration, durationMs, type EpochMs, HOUR, parseDuration } from '../../tokens/time.ts'
import { type Exit, gravest } from '../exit.ts'
import { nextMender } from './act-by.ts'
import type { StatusFindings } from './status-findings.ts'
import type { AssessedAccount, AssessedApp } from './status-report.ts'

/** What an end or a Renew by is held against, beside `now`. */
export interface Horizon {
  /** What falls on this point or before it counts; null without `--fail-within`. */
  readonly until: EpochMs | null
  readonly policyOf: (account: AssessedAccount) => Policy
}

type Until = Pick<Horizon, 'until'>

/**
 * The length that `--fail-within` names, or another option.
 *
 * @throws {USAGE} when the text is no length, or one of less than an hour (`14m` is fourteen minutes, as in a setting).
 */
export function withinOf(text: string, option = '--fail-within'): Duration {
  const length = parseDuration(text)
  if (length !== undefined && durationMs(length, 0) >= HOUR) return length
  throw new TokenctlError('USAGE', `${option}: ${quoteTyped(text)} is no length of an hour or more.`, {
    fix: 'Write it as `14d`, `12h` or `2 months`.',
  })
}

/** Whether the consent ends within the horizon. */
export function endsWithin({ assessment: { ends } }: AssessedAccount, { until }: Until): boolean {
  return until !== null && ends !== null && ends.at <= until
}

/** Whether Renew by falls within the horizon. */
export function renewsWithin({ assessment: { renewBy } }: AssessedAccount, { until }: Until): boolean {
  return until !== null && renewBy !== null && renewBy <= until
}

/** Whether an app's secret needs a person: inside its second warning, or the horizon. */
export function secretCounts({ assessment: { warning, endsAt } }: AssessedApp, { until }: Horizon): boolean {
  // Amazon's first notice comes half a secret's life before its end; what counts as "must act" is the second.
  const [, mustAct] = SECRET_WARNING_DAYS
  return (warning !== null && warning <= mustAct) || (until !== null && endsAt !== null && endsAt <= until)
}

/** The exit status. `horizon` undefined: nobody asked for a check. */
export function exitOf(findings: StatusFindings, horizon: Horizon | undefined): Exit {
  const judged = judging(horizon)
  for (const account of findings.accounts) judged.take(account)
  return judged.exit(findings)
}

/** The exit status of accounts that come one after the other. */
export interface Judged {
  take(account: AssessedAccount): void
  /** The status when all were taken. */
  exit(rest: Omit<StatusFindings, 'accounts'>): Exit
}

/** A judgement of nothing yet; `horizon` as for `exitOf`. */
export function judging(horizon: Horizon | undefined): Judged {
  const seen = new Set<Exit>()
  let isEmpty = true
  return {
    take(account) {
      isEmpty = false
      if (horizon === undefined) return
      seen.add(accountExit(account, horizon))
      seen.add(deliveryExit(account))
    },
    exit({ problems, apps, missing, narrowed }) {
      const failed = problems.map(problem => problem.exit)
      if (horizon === undefined) return gravest(failed)
      // Nothing that could be watched is connected: a monitor that calls this fine would watch nothing for ever.
      if (isEmpty && (narrowed?.leftOut ?? 0) === 0) return gravest([...failed, 3])
      const secrets = apps.map((app): Exit => (secretCounts(app, horizon) ? 3 : 0))
      return gravest([...failed, ...seen, ...secrets, ...missing.map((): Exit => 3)])
    },
  }
}

/** A receiver that refuses needs a person; what only has not arrived yet the next run hands on. */
function deliveryExit({ header }: AssessedAccount): Exit {
  const state = deliveryState(header)
  return state === 'failed' ? 3 : state === 'pending' ? 4 : 0
}

function accountExit(account: AssessedAccount, horizon: Horizon): Exit {
  // Only a person moves an end, whoever mends what is wrong today.
  if (endsWithin(account, horizon)) return 3
  if (account.assessment.state === 'ok' && !renewsWithin(account, horizon)) return 0
  return nextMender(account, horizon.policyOf(account)) === 'program' ? 4 : 3
}
