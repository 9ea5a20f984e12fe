/** What must hold before anything is sent: the record belongs to the environment that is spoken to, and its app has keys. */
import { TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { DEFAULT_NAME } from '../tokens/account.ts'
import { type AppKeys, keysInForce } from '../tokens/app-keys.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { RenewalPorts } from './ports.ts'

/**
 * Refuses to send a record anywhere but to the environment it was made in.
 *
 * @throws {ENVIRONMENT_MISMATCH} naming both.
 */
export function requireEnvironment(
  header: { readonly environment: string },
  adapter: MarketplaceAdapter,
  ports: Pick<RenewalPorts, 'destinationOf'>,
): void {
  const { environment } = ports.destinationOf(adapter)
  if (header.environment === environment) return
  throw new TokenctlError(
    'ENVIRONMENT_MISMATCH',
    `This record belongs to ${placeName(header.environment, adapter)}, and \`${adapter.id}\` is now set to ${placeName(environment, adapter)}.`,
    { fix: wayBack(environment, header.environment, adapter.id) },
  )
}

/** An environment in a seller's words. */
export function placeName(environment: string, { title }: MarketplaceAdapter): string {
  if (environment === 'local') return 'a simulator on this machine'
  return environment === 'sandbox' ? `${title}'s sandbox` : `the real ${title}`
}

/** The commands that lead to the environment that the record belongs to. An endpoint stands above the sandbox. */
function wayBack(from: string, to: string, id: string): string {
  if (to === 'local') {
    return `Start the simulator again and name it: \`tokenctl config set endpoint.${id} http://127.0.0.1:PORT\`.`
  }
  const leave = from === 'local' ? [`tokenctl config unset endpoint.${id}`] : []
  const enter =
    to === 'sandbox'
      ? `tokenctl config set environment.${id} sandbox`
      : `tokenctl config unset environment.${id}`
  return `Go there with ${[...leave, enter].map(command => `\`${command}\``).join(' and ')}.`
}

/**
 * The keys of the app that an account is refreshed with, the newest first: after a rotation also the ones before, for as
 * long as the marketplace takes them.
 *
 * @throws {CLIENT_REJECTED} when there is no such app · {ENVIRONMENT_MISMATCH} when it was made elsewhere.
 */
export async function appKeysOf(
  header: Pick<AccountHeader, 'app'>,
  adapter: MarketplaceAdapter,
  ports: Pick<RenewalPorts, 'vault' | 'destinationOf' | 'clock'>,
): Promise<readonly AppKeys[]> {
  const name = header.app ?? DEFAULT_NAME
  const app = await ports.vault.app(adapter.id, name)
  if (app === undefined) {
    const words = name === DEFAULT_NAME ? adapter.id : `${adapter.id} ${name}`
    throw new TokenctlError(
      'CLIENT_REJECTED',
      `There are no app keys for ${adapter.title} (app \`${name}\`).`,
      {
        failure: 'configuration',
        fix: `Enter them once: \`tokenctl app set ${words}\`.`,
      },
    )
  }
  requireEnvironment(app.header, adapter, ports)
  return keysInForce(app, ports.clock.now())
}
