/** A manifest, and what a plain token endpoint says when it refuses, in any vendor's name: the rows of RFC 6749 section 5.2. */
import { answer, type FailureSample } from '../samples.ts'

/** A good manifest: what one must have, and nothing more. */
export const MANIFEST = {
  version: 1,
  id: 'shop',
  title: 'Shop',
  docs: 'https://developers.shop.example/auth',
  consent: { address: 'https://www.shop.example/oauth/authorize' },
  token: { address: 'https://api.shop.example/oauth/token', client: 'form', accessSeconds: 3600 },
  rotation: 'unknown',
  lifetime: { length: '1 year', from: 'consent' },
}

const refusal = (error: string, status = 400, more: object = {}) =>
  answer(status, { error, error_description: 'CANARY words', ...more })

/** The codes that the rows have, but for the two that differ between a refresh and a code. */
export const DOCUMENTED = [
  'invalid_grant',
  'invalid_client',
  'unauthorized_client',
  'invalid_scope',
  'invalid_request',
  'unsupported_grant_type',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
]

const row = (
  name: string,
  response: FailureSample['response'],
  code: FailureSample['code'],
  failure: FailureSample['failure'],
): FailureSample => ({ name, response, code, failure })

/** Every refusal, of a refresh or of a code. */
export const REFUSALS: readonly FailureSample[] = [
  row('what has ended or was used before', refusal('invalid_grant'), 'GRANT_REJECTED', 'permanent'),
  row(
    'invalid_grant under a status that does not go with it',
    refusal('invalid_grant', 403),
    'CLIENT_REJECTED',
    'configuration',
  ),
  row('wrong app keys', refusal('invalid_client', 401), 'CLIENT_REJECTED', 'configuration'),
  row('an app without the right', refusal('unauthorized_client'), 'CLIENT_REJECTED', 'configuration'),
  row('a scope that is not allowed', refusal('invalid_scope'), 'CLIENT_REJECTED', 'configuration'),
  row('a request called malformed', refusal('invalid_request'), 'BUG', 'configuration'),
  row('a grant it does not know', refusal('unsupported_grant_type'), 'BUG', 'configuration'),
  row('access denied', refusal('access_denied', 403), 'CLIENT_REJECTED', 'configuration'),
  row('a fault said politely', refusal('server_error'), 'MARKETPLACE_DOWN', 'transient'),
  row('an overload said politely', refusal('temporarily_unavailable'), 'MARKETPLACE_DOWN', 'transient'),
  row('a code that nobody documented', refusal('moon_phase'), 'CLIENT_REJECTED', 'configuration'),
  row('a kind of token that it does not use', wrongKind(), 'REPLY_MALFORMED', 'ambiguous'),
]

function wrongKind() {
  return answer(200, {
    access_token: 'access-token-1',
    token_type: 'mac',
    refresh_token: 'refresh-token-1',
    expires_in: 60,
  })
}
