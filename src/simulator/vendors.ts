/**
 * The three marketplaces that the simulator plays. The room writes its own words and its own side of each wire: what it
 * shared with the adapters it could not find fault with.
 */

/** Their words, which begin every account: `ebay:main`. */
export const VENDORS = ['ebay', 'amazon', 'aliexpress'] as const
export type Vendor = (typeof VENDORS)[number]

/** Whether a text is one of the three words. */
export function isVendor(text: unknown): text is Vendor {
  return VENDORS.some(vendor => vendor === text)
}
