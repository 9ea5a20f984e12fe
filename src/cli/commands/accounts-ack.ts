/**
 * `tokenctl accounts ack`: a person says that the orders of the time in which an account was dead were fetched again.
 * Changes nothing but that.
 */
import type { AccountRef } from '../../tokens/account.ts'
import { toIso } from '../../tokens/time.ts'
import type { Gap } from '../../tokens/token-set.ts'
import type { Vault } from '../../vault/vault.ts'
import { type Exit, gravest } from '../exit.ts'
import { listingOf } from '../finding.ts'
import { done } from '../noting/history.ts'
import { attempt, unreadableOf } from '../one-by-one.ts'
import { showTime } from '../render/dates.ts'
import { presentProblem } from '../render/error.ts'
import { renderJson } from '../render/json.ts'
import { connectCommand } from '../render/words.ts'
import { rulesOf } from '../rules.ts'
import { notConnected, refOf, select } from '../selection.ts'
import type { AckReport } from '../shapes/ack-shape.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'

export interface AckOptions {
  readonly accounts: readonly string[]
  readonly json?: boolean
}

export async function accountsAckRun(options: AckOptions, world: World): Promise<Exit> {
  const door = await world.openVault('accounts ack')
  const { accounts, unreadable } = await listingOf(await door.read())
  const { headers, missing } = select(
    options.accounts,
    accounts,
    unreadable,
    rulesOf(world.settings()).adapterOf,
  )
  const problems = unreadableOf(options.accounts, unreadable)
  const [first] = missing
  if (first !== undefined && problems.length === 0) throw notConnected(first, connectCommand(first))

  const acknowledged: AckReport['acknowledged'] = []
  const gapped = headers.filter(header => header.gap !== null)
  for (const { account } of gapped) {
    const vault = await door.write()
    const gap = await attempt(() => acknowledge(refOf({ account }), vault, world), problems)
    if (gap === undefined || gap === null) continue
    acknowledged.push({ account, gap: { from: toIso(gap.from), to: toIso(gap.to) } })
    world.history.note(done('ack', account))
    if (options.json !== true) {
      world.terminal.out(
        `${account}: acknowledged that the orders from ${showTime(gap.from)} to ${showTime(gap.to)} were fetched.\n`,
      )
    }
  }
  if (options.json === true) world.terminal.out(renderJson({ version: 1, acknowledged } satisfies AckReport))
  else if (acknowledged.length + problems.length === 0)
    world.terminal.err('Nothing to acknowledge: none of them was dead since the last time.\n')
  for (const problem of problems) presentProblem(problem, world.terminal)
  return gravest(problems.map(({ exit }): Exit => exit))
}

/** The gap that was taken away, under the account's lock; null when there was none any more. */
async function acknowledge(account: AccountRef, vault: Vault, world: World): Promise<Gap | null> {
  return underLock(account, vault, world, async () => {
    const stored = await vault.account(account)
    if (stored === undefined || stored.header.gap === null) return null
    await vault.saveAccount(
      { header: { ...stored.header, gap: null }, secrets: stored.secrets },
      stored.revision,
    )
    return stored.header.gap
  })
}
