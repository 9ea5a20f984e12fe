/**
 * What AliExpress' gateway answers when it refuses a refresh, or the exchange of a code, nearly always under HTTP 200.
 * Checked 22 Nov 2026; sources in NOTES.md.
 */
import { codeRefused } from '../../oauth/authorization-code.ts'
import type { ErrorRow } from '../../oauth/error-reply.ts'

const ENDED =
  'The consent has ended or was withdrawn, or the token belongs to another app: the seller must consent again.'
const PAUSE = { becomes: 'RATE_LIMITED', failure: 'transient', words: 'asks for a pause' } as const
const MALFORMED = { becomes: 'BUG', failure: 'configuration', words: 'calls our request malformed' } as const

/** By AliExpress' `code`, first fit first. */
export const ALIEXPRESS_ERRORS: readonly ErrorRow[] = [
  {
    code: 'IllegalRefreshToken',
    becomes: 'GRANT_REJECTED',
    failure: 'permanent',
    words: 'refused the refresh token',
    fix: ENDED,
  },
  {
    // Listed officially for the refresh, which carries no access token: it can only mean the refresh token.
    code: 'IllegalAccessToken',
    becomes: 'GRANT_REJECTED',
    failure: 'permanent',
    words: 'refused the token',
    fix: ENDED,
  },
  {
    code: 'AUTH_TYPE_UNSUPPORTED',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: "does not let apps of this app's category refresh tokens",
    fix: "Change the app's category in the App Console, or ask AliExpress' support. The refresh token was not harmed.",
  },
  {
    code: 'InvalidAppkey',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'does not know the App Key',
    fix: 'Check App Key and App Secret: `tokenctl app set aliexpress`. The refresh token was not harmed.',
  },
  {
    // A wrong secret and a wrong signature read the same. The signature is held to the vendor's own examples by tests.
    code: 'IncompleteSignature',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: 'refused the signature',
    fix: 'The App Secret does not belong to the App Key: `tokenctl app set aliexpress`. The refresh token was not harmed.',
  },
  {
    code: 'IllegalTimestamp',
    becomes: 'CLOCK_WRONG',
    failure: 'configuration',
    // Less than 7,200 s: auth_token_create.md in simowment/ae_sdk at d59f69b (copy of the vendor's page), checked 22 Nov 2026
    words: "says that this machine's clock is two hours or more from the true time",
  },
  { code: 'ApiCallLimit', ...PAUSE },
  { code: 'AppCallLimit', ...PAUSE },
  { code: 'ServiceUnavailable', becomes: 'MARKETPLACE_DOWN', failure: 'transient', words: 'is out of order' },
  { code: 'MissingParameter', ...MALFORMED },
  { code: 'isv.402', ...MALFORMED },
  // Means the code of a consent; a refresh sends none.
  { code: 'InvalidCode', ...MALFORMED },
]

/** What only the exchange of a code can meet. */
export const ALIEXPRESS_CODE_ERRORS: readonly ErrorRow[] = [
  codeRefused({ code: 'InvalidCode' }, { life: 'three minutes', boundTo: 'the app that it was made for' }),
  {
    code: 'AUTH_TYPE_UNSUPPORTED',
    becomes: 'CLIENT_REJECTED',
    failure: 'configuration',
    words: "does not give apps of this app's category tokens for a code",
    fix: "Change the app's category in the App Console, or ask AliExpress' support.",
  },
]
