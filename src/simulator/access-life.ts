/** How long an access token lives, by vendor. */
import { PLAIN } from './plain-vendors.ts'
import type { Consent } from './records.ts'
import { isPlain, type Vendor } from './vendors.ts'

/** Its life in seconds. AliExpress' depends on whether the app is still in its test status. */
export function accessSeconds(vendor: Vendor, consent: Consent): number {
  // developer.ebay.com/api-docs/static/oauth-refresh-token-request.html, checked 22 Nov 2026.
  if (vendor === 'ebay') return 7200
  // developer-docs.amazon.com/sp-api (Connect to the SP-API), checked 22 Nov 2026.
  if (vendor === 'amazon') return 3600
  if (isPlain(vendor)) return PLAIN[vendor].accessSeconds
  // Test apps: 1 day within a consent of 2; online apps: 30 days. docId=1364, checked 22 Nov 2026.
  return consent.until - consent.at <= 172_800_000 ? 86_400 : 2_592_000
}
