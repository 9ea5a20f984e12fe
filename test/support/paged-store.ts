/** A memory store that gives its headers a page at a time, as a database does: chosen by the query, or more than that. */

import { isTokenctlError } from '../../src/errors.ts'
import { mayBeDue } from '../../src/renewal/due-bounds.ts'
import { hasTag } from '../../src/tokens/tags.ts'
import type { HeaderQuery } from '../../src/vault/header-query.ts'
import { readAccountHeader } from '../../src/vault/records.ts'
import type { HeaderEntry, SecretStore } from '../../src/vault/secret-store.ts'

export interface PagedStore extends SecretStore {
  /** The queries that were made, in their order. */
  readonly queries: readonly HeaderQuery[]
  /** How many headers the pages held. */
  readonly given: () => number
}

/** The same records in pages. @param isLoose gives more than a query means, as the seam allows */
export function pagedStore(
  store: SecretStore,
  { size = 7, isLoose = false }: { readonly size?: number; readonly isLoose?: boolean } = {},
): PagedStore {
  const queries: HeaderQuery[] = []
  let given = 0
  return {
    ...store,
    queries,
    given: () => given,
    pages: async function* (query) {
      queries.push(query)
      const kinds: readonly string[] = query.kinds ?? ['account', 'app', 'channel']
      const all = (await store.headers()).filter(({ key }) => kinds.includes(key.split('/')[0] ?? ''))
      const meant = isLoose ? all : all.filter(entry => isMeant(entry, query)).slice(0, query.limit)
      // What is due comes in the order of other indexes.
      if (query.due !== undefined) meant.reverse()
      for (let at = 0; at < meant.length; at += size) {
        const page = meant.slice(at, at + size)
        given += page.length
        yield page
      }
    },
  }
}

function isMeant(entry: HeaderEntry, { marketplaces, keys, tags = [], due }: HeaderQuery): boolean {
  const { key } = entry
  const [kind, marketplace = ''] = key.split(/[/:]/)
  if (keys?.includes(key) === false || marketplaces?.includes(marketplace) === false) return false
  if (kind !== 'account' || 'problem' in entry) return true
  try {
    const { header } = readAccountHeader(key, entry.header)
    const isDue = due === undefined || due.some(bounds => mayBeDue(header, bounds))
    return isDue && tags.every(tag => hasTag(header.tags, tag))
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return true
  }
}
