/**
 * What Login with Amazon answers when it refuses a refresh, or the exchange of a code. Checked 22 Nov 2026; sources in
 * NOTES.md, which also says why the errors of the Selling Partner API have no row.
 */
import { codeRefused } from '../../oauth/authorization-code.ts'
import type { ErrorRow } from '../../oauth/error-reply.ts'
import { OAUTH_ERRORS } from '../../oauth/oauth-errors.ts'

/** By Amazon's `error`, first fit first. */
export const AMAZON_ERRORS: readonly ErrorRow[] = [
  {
    code: 'invalid_grant',
    // Amazon's own sample marks a seller as "needs authorization" on exactly this pair.
    statuses: [400],
    becomes: 'GRANT_REJECTED',
    failure: 'permanent',
    words: 'refused the refresh token',
    fix: 'Make sure that the token was made for the app whose keys are stored here. If it was, the authorization has ended or was withdrawn: the seller must authorize the app again in Seller Central.',
  },
  {
    code: 'invalid_client',
    statuses: [400, 401],
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'refused the app keys',
    fix: 'Check client id and client secret: `tokenctl app set amazon`. The secret dies 180 days after it was issued; a new one is made in the developer console, `tokenctl app rotate amazon` takes it, and refresh tokens outlive it.',
  },
  {
    code: 'unauthorized_client',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'does not allow this app to refresh tokens',
    fix: "Check the app's state and roles in Seller Central under Develop Apps. The refresh token was not harmed.",
  },
  {
    // In the official list of codes, without a word on what it means: treated as a code that we do not know.
    code: 'other',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'refused the request and gives no reason',
    fix: "Check the app keys (`tokenctl app set amazon`) and the app's state in Seller Central. The refresh token was not harmed.",
  },
  ...OAUTH_ERRORS,
]

/** What only the exchange of a code can meet. */
export const AMAZON_CODE_ERRORS: readonly ErrorRow[] = [
  // https://github.com/amzn/selling-partner-api-docs/issues/149 and 2527
  codeRefused(
    { code: 'invalid_grant', statuses: [400] },
    { life: 'five minutes', boundTo: 'the app and the redirect address that it was made for' },
  ),
  {
    code: 'unauthorized_client',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'does not allow this app to take consents',
    fix: "Check the app's state and roles in Seller Central under Develop Apps. A private app has no consent page: its way is `tokenctl set-amazon`.",
  },
]
