/** What `deliver` says of each account, as lines for people and as the report for scripts. */
import type { DeliverResult } from '../../renewal/deliver.ts'
import { formatAccount } from '../../tokens/account.ts'
import { toIso } from '../../tokens/time.ts'
import type { DeliverReport, DeliverRow } from '../shapes/deliver-shape.ts'
import { showTime } from './dates.ts'
import { safeLine, safeText } from './safe-text.ts'

/** The report of a run, with its sums. */
export function deliverReport(results: readonly DeliverResult[]): DeliverReport {
  const count = (outcome: DeliverRow['outcome']) =>
    results.filter(result => result.outcome === outcome).length
  return {
    version: 1,
    results: results.map(deliverRow),
    summary: {
      delivered: count('delivered'),
      already: count('already'),
      waiting: count('waiting'),
      failed: count('failed'),
    },
  }
}

function deliverRow(result: DeliverResult): DeliverRow {
  const { account, outcome, error, header } = result
  const delivery = header?.delivery ?? null
  return {
    account: formatAccount(account),
    outcome,
    code: error?.code ?? null,
    message: messageOf(result),
    target: delivery?.target ?? null,
    generation: header?.generation ?? null,
    deliveredAt: delivery?.deliveredAt == null ? null : toIso(delivery.deliveredAt),
  }
}

/** One whole sentence on what happened, without the account's name. */
function messageOf({ outcome, error, header }: DeliverResult): string {
  if (error !== null) return error.message
  const delivery = header?.delivery ?? null
  if (delivery === null) return 'Its tokens go nowhere any more.'
  if (outcome === 'delivered') return `Delivered to ${delivery.target}.`
  const when = delivery.deliveredAt === null ? '' : ` ${showTime(delivery.deliveredAt)}`
  return `Nothing to deliver: ${delivery.target} took its newest tokens${when}.`
}

/** The lines on one account: what happened, and what mends it. */
export function deliverLines(result: DeliverResult): string {
  const first = `${formatAccount(result.account)}: ${safeLine(messageOf(result))}\n`
  return result.error === null ? first : `${first}  Fix: ${safeText(result.error.fix)}\n`
}
