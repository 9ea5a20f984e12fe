/**
 * What eBay's token endpoint answers when it refuses a refresh, or the exchange of a code. Checked 22 Nov 2026; sources
 * in NOTES.md, which also says why the errors of eBay's other interfaces have no row.
 */
import { codeRefused } from '../../oauth/authorization-code.ts'
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

/** What only the exchange of a code can meet. */
export const EBAY_CODE_ERRORS: readonly ErrorRow[] = [
  // The same word for one used, ended, double-encoded, or of another client: https://github.com/hendt/ebay-api/issues/122
  codeRefused(
    { code: 'invalid_grant', statuses: [400] },
    { life: '299 seconds', boundTo: 'the app, RuName and environment that it was made for' },
  ),
  {
    code: 'unauthorized_client',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'does not allow this app to take consents',
    fix: "Check the app's state and its OAuth settings in eBay's developer account.",
  },
]
