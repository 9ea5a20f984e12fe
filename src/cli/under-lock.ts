/** Work on one account: under its lock, and after what a killed run left of it was finished (I1). */
import type { RecoverPorts } from '../renewal/recover.ts'
import type { Identify } from '../renewal/seller.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { Vault } from '../vault/vault.ts'
import { safeText } from './render/safe-text.ts'
import { type MarketplaceRules, rulesOf } from './rules.ts'
import type { World } from './world.ts'

/** What finishing a cut-off renewal needs from outside; no network before it is wanted. */
export function recoverPorts(
  world: Pick<World, 'clock' | 'history' | 'terminal' | 'http' | 'random'>,
  vault: Vault,
  rules: MarketplaceRules,
): RecoverPorts {
  return {
    vault,
    clock: world.clock,
    history: world.history,
    identify: identifyOver(world, rules),
    tell: eachOnce(text => world.terminal.err(`${safeText(text)}\n`)),
    ...rules,
  }
}

/** Says each sentence once: what is true of an app would else be said for each of its accounts. */
function eachOnce(say: (text: string) => void): (text: string) => void {
  const said = new Set<string>()
  return text => {
    if (said.has(text)) return
    said.add(text)
    say(text)
  }
}

/**
 * Runs work on an account while no other process does, with its journal's answer stored before.
 *
 * @throws {LOCK_HELD} · what the vault throws · what the work throws
 */
export async function underLock<T>(
  account: AccountRef,
  vault: Vault,
  world: World,
  work: () => Promise<T>,
): Promise<T> {
  const { recover } = await import('../renewal/recover.ts')
  return await vault.locks.hold(formatAccount(account), async () => {
    await recover(account, recoverPorts(world, vault, rulesOf(world.settings())))
    return await work()
  })
}

/** Loaded when the first consent asks: no renewal does. */
function identifyOver(
  world: Pick<World, 'clock' | 'http' | 'random'>,
  { destinationOf }: MarketplaceRules,
): Identify {
  return async (adapter, app, issued) => {
    const { identifyBy } = await import('../renewal/seller.ts')
    const { clock, random } = world
    return await identifyBy({ clock, random, destinationOf, http: () => world.http() })(adapter, app, issued)
  }
}
