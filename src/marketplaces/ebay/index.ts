/** eBay, as the rest of the program sees it. Sources and doubts: NOTES.md. */
import type { MarketplaceAdapter } from '../adapter.ts'
import { redirectUriProblem } from '../redirect-uri.ts'
import { scopesProblem } from './scopes.ts'

/** The adapter for eBay: refresh tokens stay as they are, and only a consent's first answer says when it ends. */
export const ebay: MarketplaceAdapter = {
  id: 'ebay',
  title: 'eBay',
  docs: 'https://developer.ebay.com/api-docs/static/oauth-refresh-token-request.html',
  appFields: [
    { key: 'clientId', label: 'App ID (Client ID)', secret: false },
    { key: 'clientSecret', label: 'Cert ID (Client Secret)', secret: true },
    // A refresh does without it; only a consent needs it.
    { key: 'ruName', label: 'RuName (eBay redirect name)', secret: false, optional: true },
    {
      key: 'redirectUri',
      // Only where tokenctl can listen on it does it spare the seller a paste.
      label: "The RuName's auth accepted URL, if it is on this machine (http://127.0.0.1:…)",
      secret: false,
      optional: true,
      problem: redirectUriProblem,
    },
    {
      key: 'scopes',
      label: 'Scopes, if others are needed than for inventory and orders',
      secret: false,
      optional: true,
      isList: true,
      problem: scopesProblem,
    },
  ],
  // https://developer.ebay.com/api-docs/static/oauth-auth-code-grant-request.html, checked 22 Nov 2026
  origins: { production: 'https://api.ebay.com', sandbox: 'https://api.sandbox.ebay.com' },
  rotation: 'none',
  refreshRenews: true,
  reportsEnd: false,
  // The seller's rule of thumb, shorter than the documented 47,304,000 s (547.5 days): an estimate errs early.
  estimatedLifetime: { years: 1 },
  // Our choice: 5 of the token's 120 minutes. Enough for a batch job to start with; eBay's own advice, to refresh only
  // after the end, would hand out tokens that die on the way (https://developer.ebay.com/api-docs/static/oauth-best-practices.html).
  renewBeforeSeconds: 300,
  // https://developer.ebay.com/api-docs/static/oauth-rate-limits.html, checked 22 Nov 2026
  refreshesADay: 50_000,
  consentCommand: name => `tokenctl login ebay:${name}`,
  refresh: async () => (await import('./wire.ts')).refresh,
  notification: async () => (await import('./notification.ts')).readNotification,
  login: async () => (await import('./login.ts')).login,
}
