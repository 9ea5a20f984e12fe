/**
 * What one run asks for once: a key in its hand, a proof. Asked for at its first use and kept from then on; what failed once may
 * go well the next time (a passphrase that was mistyped, a keychain that was locked).
 */

/** What `load` gives, from memory after the first; after a failure it is asked for anew. */
export function held<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined
  return () => {
    loaded ??= load().catch(error => {
      loaded = undefined
      throw error
    })
    return loaded
  }
}
