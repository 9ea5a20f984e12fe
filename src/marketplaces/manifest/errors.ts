/** What a token endpoint that keeps to RFC 6749 answers when it refuses a refresh, or the exchange of a code. */
import { codeRefused } from '../../oauth/authorization-code.ts'
import type { ErrorRow } from '../../oauth/error-reply.ts'
import { OAUTH_ERRORS } from '../../oauth/oauth-errors.ts'

/** By the RFC's `error`, first fit first. @see RFC 6749 section 5.2 */
export function plainErrors(id: string, title: string): readonly ErrorRow[] {
  return [
    {
      code: 'invalid_grant',
      // The RFC's status for it: a verdict that costs a consent needs the whole of the evidence.
      statuses: [400],
      becomes: 'GRANT_REJECTED',
      failure: 'permanent',
      words: 'refused the refresh token',
      fix: `First make sure that the token was made for the app whose keys are stored here, and that nothing else uses it up. If so, the seller must consent again: \`tokenctl login ${id}:NAME\`.`,
    },
    {
      code: 'invalid_client',
      statuses: [400, 401],
      becomes: 'CLIENT_REJECTED',
      failure: 'configuration',
      words: 'refused the app keys',
      fix: `Compare the app's keys with ${title}'s developer console: \`tokenctl app set ${id}\`. The refresh token was not harmed.`,
    },
    ...OAUTH_ERRORS,
  ]
}

/** What only the exchange of a code can meet. */
export function plainCodeErrors(title: string, codeSeconds: number): readonly ErrorRow[] {
  return [
    codeRefused(
      { code: 'invalid_grant', statuses: [400] },
      { life: `${codeSeconds} seconds`, boundTo: 'the app and the redirect address that it was made for' },
    ),
    {
      code: 'unauthorized_client',
      becomes: 'CLIENT_REJECTED',
      failure: 'configuration',
      words: 'does not allow this app to take consents',
      fix: `Check the app's state and rights in ${title}'s developer console.`,
    },
  ]
}
