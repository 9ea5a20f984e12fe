/** Asks a marketplace whether it takes an app's new secret, before anything of the app is changed. */
import type { TokenctlError } from '../../errors.ts'
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { HistoryEvent } from '../../renewal/ports.ts'
import { type ProofResult, proveApp } from '../../renewal/prove-app.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { Vault } from '../../vault/vault.ts'
import { done } from '../noting/history.ts'
import { secretRefused } from '../render/rotation.ts'
import { heldSignal, renewalPorts } from '../renewing/renewing.ts'
import { rulesOf } from '../rules.ts'
import type { World } from '../world.ts'

export interface SecretProof {
  readonly adapter: MarketplaceAdapter
  /** The app's name. */
  readonly name: string
  /** All of its keys, with the new secret. */
  readonly keys: AppKeys
  /** The command that tries it again; absent: `app rotate`. */
  readonly again?: string
}

/**
 * What the marketplace says of the new keys; a no, or a silence, is in the history then.
 *
 * @throws {CLIENT_REJECTED} for a no.
 */
export async function proveSecret(
  { adapter, name, keys, again }: SecretProof,
  vault: Vault,
  world: World,
): Promise<Exclude<ProofResult, { outcome: 'refused' }>> {
  const ports = await renewalPorts(world, vault, rulesOf(world.settings()))
  if (world.terminal.isInteractive)
    world.terminal.err(`Asking ${adapter.title} whether it takes the new secret …\n`)
  const result = await proveApp({ adapter, app: name, keys, stop: heldSignal(world) }, ports)
  if (result.outcome !== 'accepted' && result.error !== null)
    world.history.note(failedBy(result.error, `${adapter.id}:${name}`))
  if (result.outcome === 'refused') throw secretRefused(result.error, name, adapter, again)
  return result
}

function failedBy(error: TokenctlError, subject: string): HistoryEvent {
  const { code, failure = null, requestId = null } = error
  return { ...done('app rotate', subject), outcome: 'failed', code, failure, requestId }
}
