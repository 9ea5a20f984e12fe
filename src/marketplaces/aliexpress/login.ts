/**
 * A seller's consent at AliExpress: `force_auth=true` asks who it is even where somebody is signed in (another shop's
 * owner, as often as not). `uuid`, which the pages list as optional, is never sent: the vendor's own error table names it
 * as what makes a code invalid.
 */

import type { TokenctlError } from '../../errors.ts'
import { authorizeAddress, codeRules } from '../../oauth/authorization-code.ts'
import { type Answer, failureByCode, malformed, type Verdict } from '../../oauth/error-reply.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { Issued } from '../../tokens/token-set.ts'
import type { LoginFlow } from '../adapter.ts'
import { requireAppKey } from '../app-key.ts'
import { type AnswerShape, codeIn } from '../redirect.ts'
import { ALIEXPRESS_CODE_ERRORS } from './errors.ts'
import { RULES, readAnswer, signedRequest } from './wire.ts'

// https://openservice.aliexpress.com/doc/doc.htm#/?docId=1364, checked 22 Nov 2026
const HOST = 'https://api-sg.aliexpress.com'
const CONSENT_PATH = '/oauth/authorize'
const PATH = '/auth/token/create'

const CODE: AnswerShape = {
  id: 'aliexpress',
  title: 'AliExpress',
  codeParameter: 'code',
  // Documented nowhere; those seen have 27 and 34 characters.
  longestCode: 1024,
}

const RULES_OF_THE_CODE = codeRules(RULES, ALIEXPRESS_CODE_ERRORS)

/**
 * AliExpress' login.
 *
 * @see https://openservice.aliexpress.com/doc/doc.htm#/?docId=1364
 */
export const login: LoginFlow = {
  // Three minutes: auth_token_create.md in simowment/ae_sdk at d59f69b (copy of the vendor's page), checked 22 Nov 2026
  codeSeconds: 180,
  codeParameter: CODE.codeParameter,
  authorizeUrl({ app, state, destination: { environment, origin } }) {
    return authorizeAddress(`${environment === 'local' ? origin : HOST}${CONSENT_PATH}`, [
      ['response_type', 'code'],
      ['force_auth', 'true'],
      ['redirect_uri', callbackOf(app)],
      ['client_id', requireAppKey(app, 'appKey', 'aliexpress').reveal()],
      ['state', state.reveal()],
    ])
  },
  redirectUri: app => app['redirectUri']?.reveal() ?? null,
  readRedirect: parameters => ({ code: codeIn(parameters, CODE), seller: null }),
  redeem: {
    request({ code, ...rest }) {
      return signedRequest(PATH, { code: code.reveal() }, rest)
    },
    read(response, { app, code, now }) {
      const answer = { response, rules: RULES_OF_THE_CODE, now, sent: [code, ...Object.values(app)] }
      const issued = readAnswer(answer)
      if (issued.refreshToken !== undefined) return issued
      throw withoutRefreshToken(answer, issued)
    },
  },
}

/**
 * `refresh_expires_in: 0` and no refresh token: the app's category gets consents that nobody can prolong, and there is
 * nothing to keep. With a refresh token beside the 0 the consent is kept, and ends with its one access token.
 */
const NOT_TO_REFRESH: Verdict = {
  becomes: 'CLIENT_REJECTED',
  failure: 'configuration',
  words: 'gave a consent that cannot be refreshed',
  fix: "The App Console shows under Auth Management how long the consents of the app's category last. There is nothing that tokenctl could keep alive; nothing was stored.",
}

function withoutRefreshToken(answer: Answer, { accessExpiresAt, endsAt, requestId }: Issued): TokenctlError {
  // The two are one point where the answer said that nothing can be refreshed, and nowhere else (`ends.ts`).
  return endsAt === accessExpiresAt
    ? failureByCode(answer, { requestId }, NOT_TO_REFRESH)
    : malformed(answer, 'sent an answer without a refresh token', requestId)
}

function callbackOf(app: AppKeys): string {
  return requireAppKey(
    app,
    'redirectUri',
    'aliexpress',
    'A consent needs it: the App Console has it under APP-Console as Callback_URL, and it must be the same letter by letter. Store it with the other keys: `tokenctl app set aliexpress`.',
  ).reveal()
}
