/**
 * Which store the first write may take: the keychain where it keeps things, the encrypted folder where it was chosen, and
 * neither where records of this folder already rest in the other (I5).
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { StoreName } from './choices.ts'
import type { KeychainStore } from './keychain.ts'
import { Forgotten, hasForgotten, refuseForgotten } from './lost-state.ts'
import type { VaultDoorOptions } from './open.ts'
import { probeKeychain } from './open-store.ts'

/** The error for records that rest in another store than the one that was chosen since. */
export function restElsewhere(store: StoreName, chosen: StoreName): TokenctlError {
  return new TokenctlError('STORE_IN_USE', `The records rest in the ${store} store, not in ${chosen}.`, {
    fix: `Set it back: \`tokenctl config set store ${store}\`; or move the records: \`tokenctl migrate --to ${chosen}\`.`,
  })
}

/** Stops before the file store begins where the keychain lists records of this folder. @throws {STORE_IN_USE} */
export async function refuseHidden(keychain: KeychainStore): Promise<void> {
  if (await hasForgotten(keychain)) throw restElsewhere('keychain', 'file')
}

/** Why no keychain answers; undefined where one does. @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} where it lists records. */
export async function whyNoKeychain(keychain: KeychainStore): Promise<TokenctlError | undefined> {
  try {
    await refuseForgotten(keychain)
    return undefined
  } catch (reason) {
    if (!isNowhere(reason)) throw reason
    return reason
  }
}

/**
 * Proves that the keychain keeps things, and that nothing of this folder is in it already.
 *
 * @throws {VAULT_UNAVAILABLE} with the choices there are, where nobody chose the keychain · {VAULT_LOCKED}
 */
export async function tryKeychain(
  keychain: KeychainStore,
  id: string,
  options: VaultDoorOptions,
): Promise<void> {
  try {
    await refuseForgotten(keychain)
    await probeKeychain(id, options)
  } catch (error) {
    if (!isNowhere(error) || options.settings.store !== undefined) throw error
    throw new TokenctlError(
      'VAULT_UNAVAILABLE',
      `${error.message} No store was chosen for the secrets yet.`,
      {
        fix: `Choose a store first: the encrypted folder with \`tokenctl config set store file\`, or a keychain. ${error.fix}`,
        cause: error,
      },
    )
  }
}

function isNowhere(error: unknown): error is TokenctlError {
  return isTokenctlError(error) && error.code === 'VAULT_UNAVAILABLE' && !(error instanceof Forgotten)
}
