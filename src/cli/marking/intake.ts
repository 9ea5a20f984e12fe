/** What a notification is held against: whose marketplace it is of, and what is stored. */
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { Listing } from '../../vault/listings.ts'
import type { Vault } from '../../vault/vault.ts'

export interface Intake {
  readonly adapter: MarketplaceAdapter
  readonly vault: Vault
  readonly listing: Listing
  /** The account that a person says it is about, `ebay:main`; undefined: whichever is of that seller. */
  readonly named: string | undefined
}
