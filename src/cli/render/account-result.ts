/** What happened to one account, for `set-amazon`, `track` and `renewed`. */
import { assess } from '../../renewal/assess.ts'
import { toIso } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import type { AccountResult } from '../shapes/account-shape.ts'
import { endsOf } from '../status/status-report.ts'
import type { World } from '../world.ts'
import { showDay } from './dates.ts'
import { renderJson } from './json.ts'
import { safeText } from './safe-text.ts'
import { gapNote } from './words.ts'

/** Prints the result with the next date, as lines or as JSON. */
export function presentAccount(
  header: AccountHeader,
  outcome: AccountResult['outcome'],
  message: string,
  json: boolean,
  world: World,
): void {
  const rules = rulesOf(world.settings())
  const adapter = rules.adapterOf(refOf(header).marketplace)
  const assessment = assess(header, adapter, rules.policyOf(adapter), world.clock.now())
  if (json) {
    const result: AccountResult = {
      version: 1,
      account: header.account,
      outcome,
      message,
      consentAt: header.consentAt === null ? null : toIso(header.consentAt),
      renewBy: assessment.renewBy === null ? null : toIso(assessment.renewBy),
      ends: endsOf(assessment),
    }
    world.terminal.out(renderJson(result))
    return
  }
  world.terminal.out(`${safeText(message)}\n`)
  if (header.gap !== null) world.terminal.out(`${safeText(gapNote(header.account, header.gap))}\n`)
  const { ends, renewBy } = assessment
  if (outcome === 'pending' || renewBy === null) return
  const end =
    ends === null ? '' : ` Its consent ends ${ends.basis === 'estimated' ? 'about ' : ''}${showDay(ends.at)}.`
  world.terminal.out(`Renew by ${showDay(renewBy)}.${end} \`tokenctl status\` shows all accounts.\n`)
}
