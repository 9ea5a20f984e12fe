/**
 * Handing tokens on from the commands: what waits after a renewal, and what a person asks for. After a renewal a failure
 * is told and changes nothing else, the exit status included: the tokens are stored, and a later run tries again.
 */
import { asTokenctlError, ERROR_CODES, TokenctlError } from '../../errors.ts'
import type { DeliverMode, DeliverPorts, DeliverResult } from '../../renewal/deliver.ts'
import { deliverAgainAt, deliveryState, wantsDelivery } from '../../renewal/delivery-state.ts'
import type { RenewResult } from '../../renewal/ports.ts'
import { formatAccount } from '../../tokens/account.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Vault } from '../../vault/vault.ts'
import { showTime } from '../render/dates.ts'
import { safeLine } from '../render/safe-text.ts'
import { rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import { recoverPorts } from '../under-lock.ts'
import type { World } from '../world.ts'

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
    if (deliveryState(header) === 'failed') tell(header.account, await failedBefore(header, world), world)
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
  const { deliverAll } = await import('../../renewal/deliver-all.ts')
  const candidates = headers.map(header => ({ account: refOf(header), header }))
  const options = { mode, stop: world.signal }
  const done = (result: DeliverResult) => onDone?.(withMend(result, world))
  const results = await deliverAll(candidates, { ...options, onDone: done }, await deliverPorts(vault, world))
  return results.map(result => withMend(result, world))
}

/** The same, with a mend that names the account, and the time before which no run tries again. */
function withMend(result: DeliverResult, { clock }: World): DeliverResult {
  const { error, header } = result
  if (error === null || error.fix !== ERROR_CODES[error.code].fix) return result
  const account = formatAccount(result.account)
  const fix = mendOf(error, account, header, clock.now())
  return { ...result, error: new TokenctlError(error.code, error.message, { account, fix, cause: error }) }
}

function mendOf(
  { code, fix }: TokenctlError,
  name: string,
  header: AccountHeader | null,
  now: EpochMs,
): string {
  const delivery = header?.delivery ?? null
  if (code === 'DELIVERY_PENDING') {
    const until = delivery === null ? null : deliverAgainAt(delivery, now)
    const when = until === null ? 'The next run tries again' : `No run tries again before ${showTime(until)}`
    return `${when}; \`tokenctl deliver ${name}\` tries it now.`
  }
  if (code !== 'DELIVERY_FAILED') return fix
  const then = `then \`tokenctl deliver ${name}\``
  return delivery?.how === 'command'
    ? `Mend the program, ${then}. To hand on to another: \`tokenctl accounts deliver-to --help\`.`
    : `Mend the receiver, or give another address with \`tokenctl accounts deliver-to ${name} --url\`; ${then}.`
}

async function deliverPorts(vault: Vault, world: World): Promise<DeliverPorts> {
  const { handOverBy } = await import('./hand-over.ts')
  const ports = recoverPorts(world, vault, rulesOf(world.settings()))
  return { ...ports, locks: vault.locks, handOver: handOverBy(world) }
}

function tell(account: string, words: string, { terminal }: World): void {
  terminal.err(`Note: ${safeLine(`${account}: ${words}`)}\n`)
}

/** Of a program nobody wrote down whether it refused, or tokenctl refused to run it. */
async function failedBefore({ account, delivery }: AccountHeader, world: World): Promise<string> {
  const target = delivery?.target ?? ''
  const then = `When that is mended: tokenctl deliver ${account}`
  if (delivery?.how !== 'command') return `not delivered: ${target} refused it. ${then}`
  const problem = (await world.programs()).problem(target)
  if (problem === undefined) return `not delivered: ${target} refused it, or could not be run. ${then}`
  return `not delivered. ${problem} ${then}`
}
