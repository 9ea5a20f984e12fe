/** All records of one store, by key: what a move takes along and what a removal takes away. It opens no record. */
import { TokenctlError } from '../errors.ts'
import type { StoreName } from './choices.ts'
import type { Marker } from './marker.ts'
import type { VaultDoorOptions } from './open.ts'
import { openStore } from './open-store.ts'
import { keySubject } from './records.ts'
import type { SecretStore } from './secret-store.ts'

/** The store of this name, for as long as the work takes. Its locks are not gated: whoever moves holds the gate alone. */
export async function withStore<T>(
  name: StoreName,
  { id }: Marker,
  options: VaultDoorOptions,
  work: (store: SecretStore) => Promise<T>,
): Promise<T> {
  const store = await openStore(name, id, options)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** How many records are worked on at once where a store is of many machines: together they are one statement each way. */
const MANY = 256

/** How many records may be at work at once: one, where a person's keychain or a disk is all there is to ask. */
export function mostAtOnce(...stores: readonly SecretStore[]): number {
  const isSlow = stores.some(({ kind }) => kind === 'keychain')
  return !isSlow && stores.some(({ gate }) => gate !== undefined) ? MANY : 1
}

/** The keys of all records, by the headers and by the store's own list. @throws {RECORD_UNREADABLE} */
export async function listedKeys(store: SecretStore): Promise<readonly string[]> {
  const keys = new Set(await store.listed?.())
  // Of a million headers no more than a page is held.
  for await (const entries of store.pages?.({}) ?? [await store.headers()])
    for (const entry of entries) {
      // Where a list stands beside the headers, the key of a damaged one is sure and its item has all that it said.
      if ('problem' in entry && store.rebuild === undefined) throw entry.problem
      keys.add(entry.key)
    }
  return [...keys].sort()
}

/** The keys of all records, when headers and list were brought together. @throws {RECORD_UNREADABLE} for one that is not whole */
export async function settledKeys(store: SecretStore): Promise<readonly string[]> {
  const { missing = [], unreadable = [] } = (await store.rebuild?.()) ?? {}
  const [lost] = missing
  if (lost !== undefined)
    throw new TokenctlError(
      'RECORD_UNREADABLE',
      `The keychain lists ${keySubject(lost)}, and has no such item any more.`,
      {
        account: keySubject(lost),
        fix: 'Restore the keychain from a backup, or remove what is left of it, and run it again.',
      },
    )
  const [damaged] = unreadable
  if (damaged !== undefined) throw new TokenctlError('RECORD_UNREADABLE', damaged)
  return await listedKeys(store)
}
