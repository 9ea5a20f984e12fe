/** The marketplaces that a worker looks after: those that can be used, with what the settings make of them. */
import { isTokenctlError } from '../../errors.ts'
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import { MARKETPLACE_IDS, type OwnMarketplaces, SHIPPED_IDS } from '../../marketplaces/ids.ts'
import type { Policy } from '../../renewal/policy.ts'
import type { MarketplaceRules } from '../rules.ts'
import { isUnusable } from '../selection.ts'

export type WorkedMarketplaces = readonly { readonly adapter: MarketplaceAdapter; readonly policy: Policy }[]

/** Every marketplace there is, but for those whose manifest is no good: their accounts cannot be renewed anyway. */
export function workedMarketplaces(
  rules: Pick<MarketplaceRules, 'adapterOf' | 'policyOf'>,
  own: Pick<OwnMarketplaces, 'ids'>,
): WorkedMarketplaces {
  const ids = new Set<string>([...MARKETPLACE_IDS, ...SHIPPED_IDS, ...own.ids()])
  return [...ids].flatMap(id => {
    try {
      const adapter = rules.adapterOf(id)
      return [{ adapter, policy: rules.policyOf(adapter) }]
    } catch (error) {
      if (isTokenctlError(error) && isUnusable(error)) return []
      throw error
    }
  })
}
