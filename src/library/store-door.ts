/** The door to a store that the caller brought: there is nothing to choose and nothing to look for. */
import type { Door } from '../cli/world.ts'
import { TokenctlError } from '../errors.ts'
import type { SecretStore } from '../vault/secret-store.ts'
import { Vault } from '../vault/vault.ts'

/** A door that always stands open. The store is closed with it. */
export function storeDoor(store: SecretStore): Door {
  const vault = new Vault(store)
  const chosen = () =>
    Promise.reject(new TokenctlError('STORE_IN_USE', 'The store was given by the program.'))
  return {
    read: async () => ({ state: 'open', vault }),
    write: async () => vault,
    rebuild: async () => {},
    otherStoreInUse: async () => undefined,
    isUnchosen: () => false,
    prepareKeyFile: chosen,
    refuseKeyChoice: chosen,
    lastOpened: () => undefined,
    warnings: () => vault.warnings(),
    close: () => vault.close(),
  }
}
