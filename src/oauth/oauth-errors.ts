/**
 * What the error codes of RFC 6749 mean on a refresh, for vendors that add nothing of their own. A vendor's table
 * puts its rows before these, and the first that fits counts.
 */
import type { ErrorRow } from './error-reply.ts'

/**
 * Rows for a token endpoint that keeps to the RFC. `invalid_grant` and `invalid_client` are missing on purpose: what
 * mends them differs by vendor.
 *
 * @see RFC 6749 section 5.2; `server_error`, `temporarily_unavailable` and `access_denied` are of section 4.1.2.1
 */
export const OAUTH_ERRORS: readonly ErrorRow[] = [
  { code: 'invalid_request', becomes: 'BUG', failure: 'configuration', words: 'calls our request malformed' },
  {
    code: 'unsupported_grant_type',
    becomes: 'BUG',
    failure: 'configuration',
    words: 'does not know the kind of request that was sent',
  },
  {
    code: 'unauthorized_client',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'does not allow this app to refresh tokens',
    fix: "Change the app's rights in the marketplace's developer console. The refresh token was not harmed.",
  },
  {
    code: 'invalid_scope',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'says that the app may no longer have what the seller consented to',
    fix: "Restore the app's scopes in the marketplace's developer console, or let the seller consent to the new ones.",
  },
  {
    code: 'access_denied',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'denied this app the access',
    fix: "Check the app's state and rights in the marketplace's developer console.",
  },
  // On a 4xx: the server answered in good order that it did not act. With a 5xx the status has decided before.
  { code: 'server_error', becomes: 'MARKETPLACE_DOWN', failure: 'transient', words: 'is out of order' },
  {
    code: 'temporarily_unavailable',
    becomes: 'MARKETPLACE_DOWN',
    failure: 'transient',
    words: 'is overloaded or under repair',
  },
]
