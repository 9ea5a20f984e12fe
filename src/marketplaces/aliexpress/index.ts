/** AliExpress (IOP gateway), as the rest of the program sees it. Sources and doubts: NOTES.md. */
import type { MarketplaceAdapter } from '../adapter.ts'
import { redirectUriProblem } from '../redirect-uri.ts'

/** The adapter for AliExpress: every answer brings a new refresh token and says when the consent ends. */
export const aliexpress: MarketplaceAdapter = {
  id: 'aliexpress',
  title: 'AliExpress',
  docs: 'https://openservice.aliexpress.com/doc/doc.htm#/?docId=1364',
  appFields: [
    { key: 'appKey', label: 'App Key', secret: false },
    { key: 'appSecret', label: 'App Secret', secret: true },
    // A refresh does without it; only a consent needs it.
    {
      key: 'redirectUri',
      label: 'Callback URL, as the App Console has it',
      secret: false,
      optional: true,
      problem: redirectUriProblem,
    },
  ],
  // No sandbox: tests run on production with accounts on loan. Checked 22 Nov 2026 on the page above.
  origins: { production: 'https://api-sg.aliexpress.com' },
  // The new token must be stored; what becomes of the old one is documented nowhere.
  rotation: 'unknown',
  refreshRenews: true,
  reportsEnd: true,
  // The sellers' rule of thumb. The first refresh brings the true end, which is 60 days for most apps.
  estimatedLifetime: { months: 6 },
  // "30 minutes before the access token ends": docId=1364, checked 22 Nov 2026.
  renewBeforeSeconds: 1800,
  consentCommand: name => `tokenctl login aliexpress:${name}`,
  refresh: async () => (await import('./wire.ts')).refresh,
  login: async () => (await import('./login.ts')).login,
}
