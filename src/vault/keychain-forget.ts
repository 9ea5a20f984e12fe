/**
 * Leaving a keychain: what remains in it when the last record was taken out. No record is ever removed here; the list of
 * them goes last, so that a run which is killed finds it again and goes on.
 */
import { TokenctlError } from '../errors.ts'
import type { KeychainIndex } from './keychain-index.ts'
import type { KeychainItems } from './keychain-items.ts'
import { keysOf } from './keychain-rebuild.ts'

export interface Remains {
  readonly index: KeychainIndex
  readonly items: KeychainItems
  /** The items that go besides the list. */
  readonly names: readonly string[]
}

/** Removes the list of a keychain that lists nothing, and the items of these names. Under the lock of the list. */
export async function forgetLists({ index, items, names }: Remains): Promise<void> {
  const state = await index.read()
  if (keysOf(state).length > 0)
    throw new TokenctlError('BUG', 'A keychain that still lists records was to be left.')
  // A removal that was cut off between the list and the item.
  if (state?.pending != null) await items.delete(state.pending.key)
  for (const name of names) await items.delete(name)
  if (state !== undefined) await index.remove(state)
}
