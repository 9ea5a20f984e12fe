/** `tokenctl renew --dry-run`: what would be done and why. Asks nobody, changes nothing. */
import { assess } from '../../renewal/assess.ts'
import type { RenewMode } from '../../renewal/plan.ts'
import { planFor } from '../../renewal/plan.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { showDay } from '../render/dates.ts'
import { renderJson } from '../render/json.ts'
import { backOffReason, reasonFor } from '../render/words.ts'
import { rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import type { RenewPlan } from '../shapes/renew-plan-shape.ts'
import type { World } from '../world.ts'

const WORDS = {
  ask: 'would be asked of the marketplace',
  'backing-off': 'would not be asked now',
  'answer-lost': 'would not be asked while its access token works',
  'needs-person': 'needs a person',
} as const

/** Prints the plan for these accounts. */
export function renewDryRun(
  headers: readonly AccountHeader[],
  { mode, json }: { readonly mode: RenewMode; readonly json: boolean },
  world: World,
): void {
  const planned = headers.flatMap(header => plannedOf(header, mode, world))
  const plan: RenewPlan = { version: 1, dryRun: true, planned }
  if (json) world.terminal.out(renderJson(plan))
  else {
    for (const each of planned) world.terminal.out(planLine(each))
    if (planned.length === 0) world.terminal.err(NOTHING_DUE)
  }
}

/** What is said where nothing would be done. */
export const NOTHING_DUE = 'Nothing is due.\n'

/** One account's plan, a line for a person. */
export function planLine({ account, plan, reason }: RenewPlan['planned'][number]): string {
  return `${account}  ${WORDS[plan]}: ${reason}.\n`
}

/** What would be done for an account; nothing where it is left out. */
export function plannedOf(header: AccountHeader, mode: RenewMode, world: World): RenewPlan['planned'] {
  const rules = rulesOf(world.settings())
  const now = world.clock.now()
  const adapter = rules.adapterOf(refOf(header).marketplace)
  const policy = rules.policyOf(adapter)
  const plan = planFor(header, mode, adapter, policy, now)
  if (plan === 'leave') return []
  const assessment = assess(header, adapter, policy, now)
  const dates = reasonFor(assessment, adapter, !header.holdsToken, showDay)
  const waits = plan === 'backing-off' ? backOffReason(header, now) : null
  const reason = waits === null ? dates : `${dates}; ${waits}`
  return [{ account: header.account, plan, state: assessment.state, reason }]
}
