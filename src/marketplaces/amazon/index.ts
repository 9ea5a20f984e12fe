/** Amazon (Selling Partner API, by Login with Amazon), as the rest of the program sees it. Sources and doubts: NOTES.md. */
import type { MarketplaceAdapter } from '../adapter.ts'
import { AUTHORIZE_STEPS } from './seller-central.ts'

/** The adapter for Amazon: a refresh proves that the token lives, and only the seller can move its end. */
export const amazon: MarketplaceAdapter = {
  id: 'amazon',
  title: 'Amazon',
  docs: 'https://developer-docs.amazon.com/sp-api/docs/renew-authorizations',
  appFields: [
    { key: 'clientId', label: 'LWA client identifier (amzn1.application-oa2-client…)', secret: false },
    { key: 'clientSecret', label: 'LWA client secret', secret: true },
    // Only a public app's consent needs it.
    { key: 'applicationId', label: 'Application ID (amzn1.sp.solution…)', secret: false, optional: true },
  ],
  // One host for every region and for the sandbox, which takes the same tokens: an environment of its own would only
  // forbid what Amazon allows. https://developer-docs.amazon.com/sp-api/docs/the-selling-partner-api-sandbox, checked 22 Nov 2026
  origins: { production: 'https://api.amazon.com' },
  rotation: 'none',
  refreshRenews: false,
  reportsEnd: false,
  // 365 days for public apps: https://developer-docs.amazon.com/sp-api/docs/renew-authorizations, checked 22 Nov 2026
  estimatedLifetime: { years: 1 },
  // What Amazon's own client does: LWAAccessTokenCacheImpl.java in amzn/selling-partner-api-sdk, checked 22 Nov 2026
  renewBeforeSeconds: 60,
  // https://developer-docs.amazon.com/sp-api/docs/rotating-your-apps-lwa-credentials, checked 22 Nov 2026
  appSecretLifeDays: 180,
  consentCommand: name => `tokenctl set-amazon ${name}`,
  consentSteps: `Open Seller Central of the account's region, then ${AUTHORIZE_STEPS}`,
  // https://developer.amazon.com/docs/login-with-amazon/refresh-token.html, checked 22 Nov 2026. It says up to 2048 bytes;
  // whoever takes a token caps it (LONGEST_TOKEN). A second `Atzr|` inside is a token that was pasted twice.
  refreshTokenShape: /^Atzr\|(?!.*Atzr\|)[\x21-\x7e]+$/,
  refresh: async () => (await import('./wire.ts')).refresh,
}
