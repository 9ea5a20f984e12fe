/** What `renew` says of each account, as a line for people and as the report for scripts. */
import { failingWords } from '../../renewal/back-off.ts'
import type { RenewResult } from '../../renewal/ports.ts'
import { formatAccount } from '../../tokens/account.ts'
import { type EpochMs, toIso } from '../../tokens/time.ts'
import { rulesOf } from '../rules.ts'
import type { RenewReport, RenewRow } from '../shapes/renew-shape.ts'
import { endsOf } from '../status/status-report.ts'
import type { World } from '../world.ts'
import { showDay, showEndOfWait, showTime } from './dates.ts'
import { safeLine, safeText } from './safe-text.ts'
import { commandFor, gapNote, platformSteps, reasonFor } from './words.ts'

/** The report of a run, with its sums. */
export function renewReport(results: readonly RenewResult[], world: World): RenewReport {
  const count = (outcome: RenewRow['outcome']) => results.filter(result => result.outcome === outcome).length
  return {
    version: 1,
    results: results.map(result => renewRow(result, world)),
    summary: {
      renewed: count('renewed'),
      proved: count('proved'),
      fresh: count('fresh'),
      needsPerson: count('needs-person'),
      failed: count('failed'),
    },
  }
}

/** One account of a run. */
export function renewRow(result: RenewResult, world: World): RenewRow {
  const { account, outcome, assessment } = result
  return {
    account: formatAccount(account),
    outcome,
    code: codeOf(result),
    message: messageOf(result, world),
    renewBy: assessment?.renewBy == null ? null : toIso(assessment.renewBy),
    ends: endsOf(assessment),
  }
}

/** The code that scripts match on. An account that waits for a person names what it died of, where it did. */
function codeOf({ error, outcome, header, assessment }: RenewResult): string | null {
  if (error !== null) return error.code
  if (outcome !== 'needs-person') return null
  return header?.refused?.code ?? (assessment?.state === 'expired' ? 'REFRESH_EXPIRED' : null)
}

/** One whole sentence on what happened, without the account's name. */
function messageOf(result: RenewResult, world: World): string {
  const { account, outcome, error, header, assessment, waitsUntil } = result
  if (error !== null) return waitsUntil === undefined ? error.message : waitingMessage(result, waitsUntil)
  const adapter = rulesOf(world.settings()).adapterOf(account.marketplace)
  if (assessment === null || header === null) return ''
  const reason = reasonFor(assessment, adapter, !header.holdsToken, showDay)
  if (outcome === 'needs-person' && !header.holdsToken) {
    return assessment.state === 'ok'
      ? `Nothing is due; ${reason}.`
      : `A person must act: ${reason}. ${platformSteps(adapter.title)}`
  }
  switch (outcome) {
    case 'renewed':
      return assessment.state === 'ok' ? `Renewed; ${reason}.` : `Renewed; but ${reason}.`
    case 'proved':
      return `${adapter.title} accepts the token; ${reason}.`
    case 'fresh':
      return `Another run renewed it just now; ${reason}.`
    default:
      return `A person must act: ${reason}.`
  }
}

/** The error's own message has the times in UTC, for programs; a person reads local ones. */
function waitingMessage({ header, error }: RenewResult, until: EpochMs): string {
  const failing = header?.failing ?? null
  return failing === null
    ? (error?.message ?? '')
    : `Not asked now: ${failingWords(failing, until, showTime, showEndOfWait)}.`
}

/** The lines on one account: what happened, and under it what to do, where there is something to do. */
export function renewLines(result: RenewResult, world: World): string {
  const { account, outcome, error, header } = result
  const first = `${formatAccount(account)}: ${safeLine(messageOf(result, world))}\n`
  const next = nextFor(result, world)
  if (error !== null) return `${first}  Fix: ${safeText(error.fix)}${next === null ? '' : ` Next: ${next}`}\n`
  const steps = next === null || outcome === 'fresh' ? first : `${first}  Next: ${next}\n`
  // It is alive again, and what it missed does not come by itself.
  return header?.gap == null || outcome === 'needs-person'
    ? steps
    : `${steps}  ${safeText(gapNote(header.account, header.gap))}\n`
}

function nextFor({ account, header, assessment, error }: RenewResult, world: World): string | null {
  if (header === null || assessment === null) return null
  // The next run tries again by itself; telling a person to type the same words again would be no help.
  if (error !== null && error.exit !== 3) return null
  if (error !== null && assessment.mender !== 'person') return null
  if (!header.holdsToken)
    return assessment.state === 'ok' ? null : `tokenctl renewed ${formatAccount(account)}`
  const adapter = rulesOf(world.settings()).adapterOf(account.marketplace)
  return commandFor(assessment, adapter, header)
}
