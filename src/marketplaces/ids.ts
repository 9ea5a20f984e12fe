/** The words that name marketplaces, apart from the adapters, so that reading settings loads no wire code. */
import type { MarketplaceAdapter } from './adapter.ts'

/** Those that listings name even where nothing is connected. */
export const MARKETPLACE_IDS = ['ebay', 'amazon', 'aliexpress'] as const

/** Those that the package has a manifest of: known, and shown where an app or an account is there. */
export const SHIPPED_IDS = ['etsy', 'allegro', 'mercadolibre'] as const

const KNOWN: readonly string[] = [...MARKETPLACE_IDS, ...SHIPPED_IDS]

/** The word's place in a listing: first the three, then those of the package, then a person's own. */
export function placeOf(id: string): number {
  const place = KNOWN.indexOf(id)
  return place === -1 ? KNOWN.length : place
}

/** The marketplaces that a person described by manifests of their own. */
export interface OwnMarketplaces {
  /** Their words, by the names of the files, good or bad. None where the folder cannot be read. */
  ids(): readonly string[]
  /** Whether there is such a file, good or bad. */
  has(id: string): boolean
  /** The adapter; undefined where there is no such file. @throws {SETTINGS_INVALID} for a bad one */
  find(id: string): MarketplaceAdapter | undefined
}

/** Where nobody described any. */
export const NONE_OF_ONES_OWN: OwnMarketplaces = { ids: () => [], has: () => false, find: () => undefined }
