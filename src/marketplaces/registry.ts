/** Every marketplace there is, in the order in which they are shown. Kept by hand: a few lines need no machinery. */
import { TokenctlError } from '../errors.ts'
import { quoteTyped } from '../tokens/quote.ts'
import type { MarketplaceAdapter } from './adapter.ts'
import { aliexpress } from './aliexpress/index.ts'
import { amazon } from './amazon/index.ts'
import { ebay } from './ebay/index.ts'
import { NONE_OF_ONES_OWN, type OwnMarketplaces, SHIPPED_IDS } from './ids.ts'
import { shippedMarketplace } from './manifest/shipped.ts'
import { nearest } from './nearest.ts'

/** The adapters that are programs of their own, in the order of the table that `status` prints. */
export const marketplaces: readonly MarketplaceAdapter[] = [ebay, amazon, aliexpress]

/**
 * The adapter of that id; a person's own manifest never takes the place of one that is built in.
 *
 * @throws {MARKETPLACE_UNKNOWN} when there is none; the message names the nearest if one is near.
 *   {SETTINGS_INVALID} for a manifest of one's own that is no good.
 */
export function findMarketplace(id: string, own: OwnMarketplaces = NONE_OF_ONES_OWN): MarketplaceAdapter {
  const found =
    marketplaces.find(marketplace => marketplace.id === id) ?? shippedMarketplace(id) ?? own.find(id)
  if (found !== undefined) return found
  const known = new Set([...marketplaces.map(each => each.id), ...SHIPPED_IDS, ...own.ids()])
  const near = nearest(id.slice(0, 80).toLowerCase(), [...known])
  const hint = near === undefined ? '' : ` Did you mean \`${near}\`?`
  throw new TokenctlError('MARKETPLACE_UNKNOWN', `There is no marketplace ${quoteTyped(id)}.${hint}`, {
    fix: `The marketplaces are: ${[...known].join(', ')}.`,
  })
}
