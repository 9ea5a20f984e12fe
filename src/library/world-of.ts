/** What stands behind an opened vault. Apart from `open-vault.ts`, so that the types that are published do not name it. */
import { listingOf } from '../cli/finding.ts'
import type { World } from '../cli/world.ts'
import { TokenctlError } from '../errors.ts'
import { parseAccount } from '../tokens/account.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { Vault } from '../vault/vault.ts'
import { throughDoor } from './door-of.ts'
import type { OpenVault } from './open-vault.ts'

const worlds = new WeakMap<OpenVault, World>()

/** Keeps the world of a vault for as long as the vault is. */
export function keepWorld(vault: OpenVault, world: World): void {
  worlds.set(vault, world)
}

/** What the functions of the library work with. @throws {USAGE} for what `openVault` did not make */
export function worldOf(vault: OpenVault): World {
  const world = worlds.get(vault)
  if (world !== undefined) return world
  throw new TokenctlError('USAGE', 'This is no vault that `openVault` opened.')
}

/**
 * The one account of that name, as it is listed, and the records that it is in.
 *
 * @param account `ebay:main`
 * @throws {USAGE} for a word that names no single account · {ACCOUNT_UNKNOWN} · what its record cannot be read for
 */
export async function accountIn(
  vault: OpenVault,
  account: string,
): Promise<{ readonly header: AccountHeader; readonly records: Vault; readonly world: World }> {
  const world = worldOf(vault)
  if (typeof account !== 'string')
    throw new TokenctlError('USAGE', 'An account is a word such as `ebay:main`.')
  const { marketplace, name } = parseAccount(account)
  if (name === undefined)
    throw new TokenctlError('USAGE', `\`${marketplace}\` names a marketplace, not an account.`, {
      fix: `Write it as \`${marketplace}:main\`.`,
    })
  const { accounts, unreadable } = await listingOf(await throughDoor(world, door => door.read()))
  const header = accounts.find(each => each.account === account)
  const { unknownAccount } = await import('../cli/selection.ts')
  if (header === undefined) throw unknownAccount({ marketplace, name }, accounts, unreadable)
  return { header, records: await throughDoor(world, door => door.write()), world }
}
