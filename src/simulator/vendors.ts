/**
 * The marketplaces that the simulator plays. The room writes its own words and its own side of each wire: what it
 * shared with the adapters it could not find fault with.
 */

/** The words of the three that everything begins with; they begin every account: `ebay:main`. */
export const VENDORS = ['ebay', 'amazon', 'aliexpress'] as const
/** Those that keep to plain OAuth 2.0, one side of the wire for all of them. */
export const PLAIN_VENDORS = ['etsy', 'allegro', 'mercadolibre'] as const
/** All of them. */
export const ALL_VENDORS = [...VENDORS, ...PLAIN_VENDORS] as const

export type PlainVendor = (typeof PLAIN_VENDORS)[number]
export type Vendor = (typeof ALL_VENDORS)[number]

/** Whether a text is one of the words. */
export function isVendor(text: unknown): text is Vendor {
  return ALL_VENDORS.some(vendor => vendor === text)
}

/** Whether a marketplace keeps to plain OAuth 2.0. */
export function isPlain(vendor: string): vendor is PlainVendor {
  return PLAIN_VENDORS.some(plain => plain === vendor)
}
