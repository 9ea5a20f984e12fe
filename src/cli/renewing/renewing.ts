/** From a selection of accounts to their renewals: puts the ports together, for `renew` and `status --probe`. */

import type { RenewMode } from '../../renewal/plan.ts'
import type { RenewalPorts, RenewResult } from '../../renewal/ports.ts'
import { renewAll } from '../../renewal/renew-all.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Vault } from '../../vault/vault.ts'
import { type MarketplaceRules, rulesOf } from '../rules.ts'
import { refOf, select } from '../selection.ts'
import { recoverPorts } from '../under-lock.ts'
import type { World } from '../world.ts'
import { fleetQuota } from './fleet-quota.ts'
import { quotaOf } from './quotas.ts'

export interface RenewSelection {
  readonly accounts: readonly string[]
  readonly mode: RenewMode
  readonly concurrency: number
  readonly onDone?: (result: RenewResult) => void
}

/** Everything that a renewal needs from outside, over one opened vault, where so many are at work at the same time. */
export async function renewalPorts(
  world: World,
  vault: Vault,
  rules: MarketplaceRules,
  inFlight = 1,
): Promise<RenewalPorts> {
  return {
    ...recoverPorts(world, vault, rules),
    ...rules,
    locks: vault.locks,
    http: await world.http(inFlight),
    random: world.random,
    quota: vault.fleet === undefined ? quotaOf(rules, world.dailyCounts) : fleetQuota(rules, vault.fleet),
    onPause: (ms, because) => {
      if (world.terminal.isInteractive) {
        world.terminal.err(`${because.message} Trying again in ${Math.ceil(ms / 1000)} s.\n`)
      }
    },
  }
}

/** Renews what the words select; an empty vault gives no results. */
export async function renewSelected(
  selection: RenewSelection,
  world: World,
): Promise<readonly RenewResult[]> {
  const door = await world.openVault('renew')
  const opened = await door.read()
  if (opened.state === 'empty') {
    select(selection.accounts, [], [], rulesOf(world.settings()).adapterOf)
    return []
  }
  const { accounts, unreadable } = await opened.vault.listing()
  const { adapterOf } = rulesOf(world.settings())
  const { headers } = select(selection.accounts, accounts, unreadable, adapterOf)
  return renewHeaders(headers, selection, opened.vault, world)
}

/** Renews these accounts. */
export async function renewHeaders(
  headers: readonly AccountHeader[],
  { mode, concurrency, onDone }: Omit<RenewSelection, 'accounts'>,
  vault: Vault,
  world: World,
): Promise<readonly RenewResult[]> {
  const inFlight = Math.min(concurrency, headers.length)
  const ports = await renewalPorts(world, vault, rulesOf(world.settings()), inFlight)
  const candidates = headers.map(header => ({ account: refOf(header), header }))
  const stop = heldSignal(world)
  // What is read under the lock is the account alone: what its app is was listed.
  const isPublic = new Map(headers.map(header => [header.account, header.isAppPublic]))
  const withApp = ({ header, ...result }: RenewResult): RenewResult => {
    const isAppPublic = header === null ? null : (isPublic.get(header.account) ?? null)
    return { ...result, header: header === null ? null : { ...header, isAppPublic } }
  }
  const tell = onDone === undefined ? {} : { onDone: (result: RenewResult) => onDone(withApp(result)) }
  const results = await renewAll(candidates, { mode, concurrency, stop, ...tell }, ports)
  return results.map(withApp)
}

/** What a person reads who stops a run in the middle of an exchange. */
export const STOPPING = 'Stopping when the exchange that is open is stored …\n'

const held = new WeakSet<AbortSignal>()

/**
 * From here on the first Ctrl-C (or the system's request to stop) only aborts the signal: an exchange that is open is
 * finished and stored, since its answer may hold the only copy of a token. The second stops at once.
 */
export function heldSignal(world: World): AbortSignal {
  const { signal } = world
  // Several exchanges of one run hold it, and one stop is told once.
  if (held.has(signal)) return signal
  held.add(signal)
  signal.addEventListener('abort', () => world.terminal.err(STOPPING), { once: true })
  return signal
}
