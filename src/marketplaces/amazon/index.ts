/** Amazon (Selling Partner API, by Login with Amazon), as the rest of the program sees it. Sources and doubts: NOTES.md. */
import type { MarketplaceAdapter } from '../adapter.ts'
import { redirectUriProblem } from '../redirect-uri.ts'

/** The adapter for Amazon: a refresh proves that the token lives, and only the seller can move its end. */
export const amazon: MarketplaceAdapter = {
  id: 'amazon',
  title: 'Amazon',
  docs: 'https://developer-docs.amazon.com/sp-api/docs/renew-authorizations',
  appFields: [
    { key: 'clientId', label: 'LWA client identifier (amzn1.application-oa2-client…)', secret: false },
    { key: 'clientSecret', label: 'LWA client secret', secret: true },
    // Only a public app's consent needs it.
    {
      key: 'applicationId',
      label: 'Application ID of a public app (amzn1.sp.solution…)',
      secret: false,
      optional: true,
      problem: applicationIdProblem,
    },
    {
      key: 'redirectUri',
      label: 'OAuth Redirect URI of a public app, if not the first one registered',
      secret: false,
      optional: true,
      problem: redirectUriProblem,
    },
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
  // https://developer-docs.amazon.com/sp-api/docs/rotating-your-apps-lwa-credentials, checked 22 Nov 2026. Amazon's own
  // example of a rotation has the days: 10 Jan 2024, old secret ends 17 Jan, new one 8 Jul
  // (use-cases/lwa-rotation/docs/DEPLOYMENT.md in amzn/selling-partner-api-samples, checked 22 Nov 2026).
  appSecretOverlapDays: 7,
  // One report, "over 30 minutes": github.com/amzn/selling-partner-api-models/issues/4489, checked 22 Nov 2026
  appSecretDelayMinutes: 30,
  // The consent page names the app by its application id, which only a public one has:
  // https://developer-docs.amazon.com/sp-api/docs/website-authorization-workflow, checked 22 Nov 2026
  isPublic: keys => keys['applicationId'] !== undefined,
  consentCommand: (name, byBrowser) =>
    byBrowser ? `tokenctl login amazon:${name}` : `tokenctl set-amazon ${name}`,
  // https://developer.amazon.com/docs/login-with-amazon/refresh-token.html, checked 22 Nov 2026. It says up to 2048 bytes;
  // whoever takes a token caps it (LONGEST_TOKEN). A second `Atzr|` inside is a token that was pasted twice.
  refreshTokenShape: /^Atzr\|(?!.*Atzr\|)[\x21-\x7e]+$/,
  refresh: async () => (await import('./wire.ts')).refresh,
  notification: async () => (await import('./notification.ts')).readNotification,
  login: async () => (await import('./login.ts')).login,
}

/** The two ids of an app stand side by side in the developer console, and only one of them names it at the consent. */
function applicationIdProblem(text: string): string | undefined {
  return text.startsWith('amzn1.application-oa2-client.')
    ? 'is the LWA client identifier; the application id begins with `amzn1.sp.solution.` or `amzn1.sellerapps.app.`'
    : undefined
}
