/**
 * The keychain store's two lists of one thing, the index item and the header files: telling where they differ, and
 * bringing both back from the items, which are right. What no item says is never made up, and no item is changed.
 */
import { isTokenctlError } from '../errors.ts'
import type { HeaderFiles } from './header-files.ts'
import { emptyIndex, type IndexState, isListed, type KeychainIndex } from './keychain-index.ts'
import type { Item } from './keychain-records.ts'
import { keySubject } from './records.ts'
import type { Rebuilt } from './secret-store.ts'

export interface KeychainLists {
  readonly headers: HeaderFiles
  readonly index: KeychainIndex
  /** The item of a key; undefined when the keychain gives none. */
  readonly item: (key: string) => Promise<Item | undefined>
  /** Shuts out other runs while the index changes. */
  readonly lock: <T>(work: () => Promise<T>) => Promise<T>
}

/** An index of what the header files know of, where the keychain has lost its own. */
export function indexOfHeaders(index: KeychainIndex, headers: HeaderFiles): IndexState {
  const state = emptyIndex()
  for (const key of headers.keys()) index.add(state, key)
  return state
}

/** Lists what has a header file and an item, then writes the header files anew that are gone or cannot be read. */
export async function rebuildLists(lists: KeychainLists): Promise<Rebuilt> {
  const { headers, index } = lists
  await lists.lock(() => relist(lists))
  const restored: string[] = []
  const missing: string[] = []
  const unreadable: string[] = []
  for (const key of keysOf(await index.read()).filter(listed => !headers.isReadable(listed))) {
    try {
      const item = await lists.item(key)
      if (item !== undefined) await headers.write(key, item.header, null)
      ;(item === undefined ? missing : restored).push(key)
    } catch (error) {
      // One record's fault, told with the others; what is wrong with the whole keychain ends the work.
      if (!isTokenctlError(error) || error.code !== 'RECORD_UNREADABLE') throw error
      unreadable.push(error.message)
    }
  }
  return { restored, missing, unreadable }
}

/** What the index lists, in order; nothing where there is none. */
export function keysOf(index: IndexState | undefined): readonly string[] {
  return index === undefined ? [] : index.pages.flat().sort()
}

/** Only what the keychain gives an item of: one that is locked may look empty, and nothing is listed for that. */
async function relist({ headers, index, item }: KeychainLists): Promise<void> {
  const state = (await index.read()) ?? emptyIndex()
  const unlisted = headers.keys().filter(key => !isListed(state, key) && state.pending?.key !== key)
  for (const key of unlisted) if (await hasItem(key, item)) index.add(state, key)
  if (unlisted.some(key => isListed(state, key))) await index.write(state)
}

async function hasItem(key: string, item: KeychainLists['item']): Promise<boolean> {
  try {
    return (await item(key)) !== undefined
  } catch (error) {
    // It is there, whoever wrote it.
    if (isTokenctlError(error) && error.code === 'RECORD_UNREADABLE') return true
    throw error
  }
}

/** How the two lists differ, as sentences that name the mend; the change that a run has announced is none. */
export function differences(index: IndexState | undefined, headerKeys: readonly string[]): readonly string[] {
  const listed = new Set(keysOf(index))
  const filed = new Set(headerKeys)
  const pending = index?.pending?.key
  const names = (keys: Iterable<string>, others: ReadonlySet<string>) =>
    [...keys].filter(key => !others.has(key) && key !== pending).map(keySubject)
  const [noFile, noEntry] = [names(listed, filed), names(filed, listed)]
  return [
    ...(noFile.length === 0
      ? []
      : [
          `The keychain lists ${noFile.join(', ')}, and the header file is gone: \`tokenctl status --verify\` writes it anew.`,
        ]),
    ...(noEntry.length === 0
      ? []
      : [`The keychain's index has lost ${noEntry.join(', ')}: \`tokenctl status --verify\` mends it.`]),
  ]
}
