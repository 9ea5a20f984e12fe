/** Every marketplace there is, in the order in which they are shown. Kept by hand: three lines need no machinery. */
import { distance } from 'fastest-levenshtein'
import { TokenctlError } from '../errors.ts'
import { quoteTyped } from '../tokens/quote.ts'
import type { MarketplaceAdapter } from './adapter.ts'
import { aliexpress } from './aliexpress/index.ts'
import { amazon } from './amazon/index.ts'
import { ebay } from './ebay/index.ts'

/** The adapters, in the order of the table that `status` prints. */
export const marketplaces: readonly MarketplaceAdapter[] = [ebay, amazon, aliexpress]

/**
 * The adapter of that id.
 *
 * @throws {MARKETPLACE_UNKNOWN} when there is none; the message names the nearest if one is near.
 */
export function findMarketplace(id: string): MarketplaceAdapter {
  const found = marketplaces.find(marketplace => marketplace.id === id)
  if (found !== undefined) return found
  const near = nearest(id.slice(0, 80).toLowerCase())
  const hint = near === undefined ? '' : ` Did you mean \`${near}\`?`
  throw new TokenctlError('MARKETPLACE_UNKNOWN', `There is no marketplace ${quoteTyped(id)}.${hint}`, {
    fix: `The marketplaces are: ${marketplaces.map(marketplace => marketplace.id).join(', ')}.`,
  })
}

/** The nearest id, when at least half of it is what was typed: further away a guess only distracts. */
function nearest(typed: string): string | undefined {
  const [best] = marketplaces
    .map(({ id }) => ({ id, edits: distance(typed, id) }))
    .sort((a, b) => a.edits - b.edits)
  return best !== undefined && best.edits <= best.id.length / 2 ? best.id : undefined
}
