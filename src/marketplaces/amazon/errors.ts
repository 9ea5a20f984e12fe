/**
 * What Login with Amazon answers when it refuses a refresh. Checked 22 Nov 2026; sources in NOTES.md, which also says
 * why the errors of the Selling Partner API have no row.
 */
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
    fix: 'Check client id and client secret: `tokenctl app set amazon`. The secret dies 180 days after it was issued; a new one is made in the developer console, and refresh tokens outlive it.',
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
