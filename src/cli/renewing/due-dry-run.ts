/**
 * `renew --due --dry-run` over a store that is asked by pages: each account's plan as it is found, the longest since its last
 * renewal first, so that the first of a million is there at once.
 */
import type { Vault } from '../../vault/vault.ts'
import { type Exit, gravest } from '../exit.ts'
import { presentProblem } from '../render/error.ts'
import type { World } from '../world.ts'
import { dueQuery } from './due-query.ts'
import { NOTHING_DUE, planLine, plannedOf } from './renew-dry-run.ts'

/** Prints the plans. @returns the gravest exit of those that cannot be read */
export async function dueDryRun(vault: Vault, world: World): Promise<Exit> {
  const exits: Exit[] = []
  let isAny = false
  for await (const page of vault.pages({ kinds: ['account'], due: dueQuery(world) })) {
    const planned = page.accounts.flatMap(header => plannedOf(header, 'due', world))
    for (const { error } of page.unreadable) {
      presentProblem(error, world.terminal)
      exits.push(error.exit)
    }
    isAny ||= planned.length + page.unreadable.length > 0
    // A reader that has gone wants no more.
    if (planned.length > 0 && !(await world.terminal.pour(planned.map(planLine).join('')))) break
  }
  if (!isAny) world.terminal.err(NOTHING_DUE)
  return gravest(exits)
}
