/**
 * What eBay's token endpoint answers when it refuses a refresh. Checked 22 Nov 2026; sources in NOTES.md, which also
 * says why the errors of eBay's other interfaces have no row.
 */
import type { ErrorRow } from '../../oauth/error-reply.ts'
import { OAUTH_ERRORS } from '../../oauth/oauth-errors.ts'

/** By eBay's `error`, first fit first. */
export const EBAY_ERRORS: readonly ErrorRow[] = [
  {
    code: 'invalid_grant',
    statuses: [400],
    becomes: 'GRANT_REJECTED',
    failure: 'permanent',
    words: 'refused the refresh token',
    // The text of eBay's answer is the same for a token that has ended and for one of another client (issues 77 of
    // hendt/ebay-api and 35 of matecsaj/ebay_rest), so the mix-up must be ruled out before a seller is troubled.
    fix: 'First make sure that the token and the app keys belong to the same eBay app and to the same environment: a mix-up of sandbox and production, or of two apps, reads the same. If they do, the seller must consent again; a changed user name or password ends a consent.',
  },
  {
    code: 'invalid_client',
    statuses: [400, 401],
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'refused the app keys',
    fix: 'Check App ID and Cert ID, and that they are of the right environment: `tokenctl app set ebay`. A production keyset stays disabled until the app takes notices of account deletions or is exempted. If nothing was changed, wait: eBay has been seen to refuse good keys for a time.',
  },
  {
    code: 'invalid_scope',
    statuses: [400],
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: "says that the app's scopes no longer cover the seller's consent",
    fix: "Restore the app's scopes in eBay's developer account, or let the seller consent to the new ones.",
  },
  ...OAUTH_ERRORS,
]
