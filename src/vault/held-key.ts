/** A key in the hand of one run: asked for at its first use and kept from then on. What failed once may go well the next time. */
import type { VaultKey } from './key-source.ts'

/** The key that `load` gives, from memory after the first; a passphrase that was mistyped is asked for anew. */
export function heldKey(load: () => Promise<VaultKey>): () => Promise<VaultKey> {
  let key: Promise<VaultKey> | undefined
  return () => {
    key ??= load().catch(error => {
      key = undefined
      throw error
    })
    return key
  }
}
