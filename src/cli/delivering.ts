/**
 * Handing tokens on from the commands: what waits after a renewal, and what a person asks for. After a renewal a failure
 * is told and changes nothing else, the exit status included: the tokens are stored, and the next run tries again.
 */
import { asTokenctlError } from '../errors.ts'
import type { DeliverMode, DeliverPorts, DeliverResult } from '../renewal/deliver.ts'
import { deliveryState, wantsDelivery } from '../renewal/delivery-state.ts'
import type { RenewResult } from '../renewal/ports.ts'
import { formatAccount } from '../tokens/account.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { Vault } from '../vault/vault.ts'
import { safeLine } from './render/safe-text.ts'
import { rulesOf } from './rules.ts'
import { refOf } from './selection.ts'
import { recoverPorts } from './under-lock.ts'
import type { World } from './world.ts'

/** What a renewal leaves to be handed on. */
export interface Renewed {
  readonly headers: readonly AccountHeader[]
  /** How accounts among them came out: their headers are newer. */
  readonly results?: readonly Pick<RenewResult, 'account' | 'header'>[]
  /** Whether each account whose tokens arrived is a line on standard output. */
  readonly says: boolean
}

/**
 * Hands on what waits among the accounts of a run, its own renewals and earlier ones. Says on standard error what failed,
 * and of what was refused before that a person must act.
 */
export async function deliverAfter(
  { headers: seen, results = [], says }: Renewed,
  world: World,
): Promise<void> {
  const newer = new Map(results.map(({ account, header }) => [formatAccount(account), header]))
  const headers = seen.map(header => newer.get(header.account) ?? header)
  const now = world.clock.now()
  for (const header of headers) {
    if (deliveryState(header) === 'failed') tell(header.account, refusedBefore(header), world)
  }
  const waiting = headers.filter(header => wantsDelivery(header, now))
  if (waiting.length === 0 || world.signal.aborted) return
  try {
    const vault = await (await world.openVault('renew')).write()
    const deliveries = await deliverTo(waiting, 'due', vault, world)
    for (const { account, outcome, error, header } of deliveries) {
      if (outcome === 'delivered' && says)
        world.terminal.out(`${formatAccount(account)}: Delivered to ${header?.delivery?.target ?? ''}.\n`)
      // Another run is at it; what comes of that is its to say.
      if (outcome === 'failed' && error !== null && error.code !== 'LOCK_HELD')
        tell(formatAccount(account), `not delivered. ${error.message} ${error.fix}`, world)
    }
  } catch (error) {
    const { message, fix } = asTokenctlError(error)
    world.terminal.err(`Note: Nothing was delivered. ${safeLine(message)} ${safeLine(fix)}\n`)
  }
}

/** Hands on the tokens of these accounts, whatever failed before where the mode says so. */
export async function deliverTo(
  headers: readonly AccountHeader[],
  mode: DeliverMode,
  vault: Vault,
  world: World,
  onDone?: (result: DeliverResult) => void,
): Promise<readonly DeliverResult[]> {
  const { deliverAll } = await import('../renewal/deliver-all.ts')
  const candidates = headers.map(header => ({ account: refOf(header), header }))
  const options = { mode, stop: world.signal, ...(onDone === undefined ? {} : { onDone }) }
  return await deliverAll(candidates, options, await deliverPorts(vault, world))
}

async function deliverPorts(vault: Vault, world: World): Promise<DeliverPorts> {
  const { handOverBy } = await import('./hand-over.ts')
  const ports = recoverPorts(world, vault, rulesOf(world.settings()))
  return { ...ports, locks: vault.locks, handOver: handOverBy(world) }
}

function tell(account: string, words: string, { terminal }: World): void {
  terminal.err(`Note: ${safeLine(`${account}: ${words}`)}\n`)
}

function refusedBefore({ account, delivery }: AccountHeader): string {
  return `not delivered: ${delivery?.target ?? ''} refused it. When that is mended: tokenctl deliver ${account}`
}
