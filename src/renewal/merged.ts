/** A record after an accepted refresh, by what its marketplace counts one for. Pure. */
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import type { EpochMs } from '../tokens/time.ts'
import { type Issued, merge, type TokenSet } from '../tokens/token-set.ts'

/** The record with what was issued: both of its clocks go on as the marketplace has it. */
export function merged(
  before: TokenSet,
  issued: Issued,
  now: EpochMs,
  { refreshRenews, lifetimeFrom }: Pick<MarketplaceAdapter, 'refreshRenews' | 'lifetimeFrom'>,
): TokenSet {
  return merge(before, issued, now, refreshRenews, lifetimeFrom === 'refresh')
}
