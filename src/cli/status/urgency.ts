/** The order of a page that is read from the top: the gravest state first, and within a state what comes soonest. Pure. */
import { ACCOUNT_STATES } from '../../renewal/assess.ts'
import type { StatusFindings } from './status-findings.ts'
import type { AssessedAccount } from './status-report.ts'

/** The accounts as a page shows them: in the order that was asked for, else the most urgent first. */
export function inOrder({ accounts, narrowed }: Pick<StatusFindings, 'accounts' | 'narrowed'>) {
  return narrowed?.isSorted === true ? accounts : byUrgency(accounts)
}

/** The accounts in that order, in a list of its own. What nobody knows the day of comes before what somebody does. */
export function byUrgency(accounts: readonly AssessedAccount[]): AssessedAccount[] {
  return accounts
    .map(account => ({ account, gravity: gravityOf(account), day: soonest(account) }))
    .sort(
      (a, b) =>
        a.gravity - b.gravity ||
        // Two unknown days are equal; their difference would be no number.
        (a.day === b.day ? 0 : a.day - b.day) ||
        (a.account.header.account < b.account.header.account ? -1 : 1),
    )
    .map(({ account }) => account)
}

function gravityOf({ assessment }: AssessedAccount): number {
  return ACCOUNT_STATES.indexOf(assessment.state)
}

function soonest({ assessment: { renewBy, ends } }: AssessedAccount): number {
  if (renewBy === null && ends === null) return Number.NEGATIVE_INFINITY
  return Math.min(renewBy ?? Number.POSITIVE_INFINITY, ends?.at ?? Number.POSITIVE_INFINITY)
}
