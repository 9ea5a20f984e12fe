/**
 * What must hold before anything is sent: the record belongs to the environment that is spoken to, its app has keys, and
 * they go to the host that they were entered for.
 */
import { TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { DEFAULT_NAME } from '../tokens/account.ts'
import { type AppHeader, type AppKeys, keysInForce } from '../tokens/app-keys.ts'
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

/**
 * Refuses to send an app's secret, and its sellers' tokens, to another host than the keys were entered for: whoever can
 * change a manifest would have both.
 *
 * @throws {ENVIRONMENT_MISMATCH} naming both.
 */
export function requireTokenHost(
  { name, tokenOrigin }: Pick<AppHeader, 'name' | 'tokenOrigin'>,
  adapter: MarketplaceAdapter,
  ports: Pick<RenewalPorts, 'destinationOf'>,
): void {
  const { environment, origin } = ports.destinationOf(adapter)
  if (tokenOrigin === undefined || environment === 'local' || origin === tokenOrigin) return
  throw new TokenctlError(
    'ENVIRONMENT_MISMATCH',
    `The manifest of ${adapter.title} names another token endpoint than when the keys of app \`${name}\` were entered: ${origin} in place of ${tokenOrigin}. Nothing was sent there.`,
    {
      fix: `Whoever has that host gets the app's keys and every seller's token. If the vendor moved there, enter the keys again: \`${enterKeys(name, adapter)}\`. If not, put the manifest right.`,
    },
  )
}

/** The command that enters an app's keys. */
function enterKeys(name: string, { id }: MarketplaceAdapter): string {
  return `tokenctl app set ${name === DEFAULT_NAME ? id : `${id} ${name}`}`
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
 * @throws {CLIENT_REJECTED} when there is no such app · {ENVIRONMENT_MISMATCH} when it was made elsewhere, or its keys were
 *   entered for another host.
 */
export async function appKeysOf(
  header: Pick<AccountHeader, 'app'>,
  adapter: MarketplaceAdapter,
  ports: Pick<RenewalPorts, 'vault' | 'destinationOf' | 'clock'>,
): Promise<readonly AppKeys[]> {
  const name = header.app ?? DEFAULT_NAME
  const app = await ports.vault.app(adapter.id, name)
  if (app === undefined) {
    throw new TokenctlError(
      'CLIENT_REJECTED',
      `There are no app keys for ${adapter.title} (app \`${name}\`).`,
      {
        failure: 'configuration',
        fix: `Enter them once: \`${enterKeys(name, adapter)}\`.`,
      },
    )
  }
  requireEnvironment(app.header, adapter, ports)
  requireTokenHost(app.header, adapter, ports)
  return keysInForce(app, ports.clock.now())
}
