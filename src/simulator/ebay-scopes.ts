/** eBay's scopes: those that an app may ask a seller for, and what the sellers of a seed agreed to. */

const scope = (name: string) => `https://api.ebay.com/oauth/api_scope${name}`

/** Without it the seller cannot be told: specs/commerce_identity_v1_oas3.json of hendt/ebay-api, checked 22 Nov 2026. */
export const IDENTITY_SCOPE = scope('/commerce.identity.readonly')

/** One of them lets an app read orders: specs/sell_fulfillment_v1_oas3.json of hendt/ebay-api, checked 23 Nov 2026. */
export const FULFILLMENT_SCOPES: readonly string[] = [
  scope('/sell.fulfillment'),
  scope('/sell.fulfillment.readonly'),
]

/** What the seeded sellers consented to where the seed says nothing. A refresh may ask for these or fewer. */
export const SEEDED_SCOPES: readonly string[] = [
  scope(''),
  ...['account', 'fulfillment', 'inventory', 'marketing'].map(name => scope(`/sell.${name}`)),
]

/**
 * What a keyset without special approval may ask for. eBay shows each developer a list of its own under Application
 * Keys and publishes no common one; this is what its APIs' specifications name, checked 22 Nov 2026.
 */
export const KNOWN_SCOPES: ReadonlySet<string> = new Set([
  ...SEEDED_SCOPES,
  IDENTITY_SCOPE,
  ...['account', 'fulfillment', 'inventory', 'marketing', 'analytics', 'reputation', 'stores'].map(name =>
    scope(`/sell.${name}.readonly`),
  ),
  ...['finances', 'payment.dispute', 'reputation', 'stores', 'item', 'item.draft'].map(name =>
    scope(`/sell.${name}`),
  ),
  scope('/commerce.notification.subscription'),
  scope('/commerce.notification.subscription.readonly'),
])
