/** The words that name marketplaces, apart from the adapters, so that reading settings loads no wire code. */
export const MARKETPLACE_IDS = ['ebay', 'amazon', 'aliexpress'] as const
