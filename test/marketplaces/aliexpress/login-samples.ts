/** What AliExpress' pages and gateway say in a consent, as samples for the contract. */
import { ALIEXPRESS_CODE_ERRORS } from '../../../src/marketplaces/aliexpress/errors.ts'
import type { HttpResponse } from '../../../src/platform/http.ts'
import { DAY, SECOND } from '../../../src/tokens/time.ts'
import { answer, type LoginSamples, NOW } from '../samples.ts'

export const CODE = '3_500102_CANARYJxZ05Ux3cnnSSUm6dCxYg6Q26'
/** The vendor's sample of an app in test status (docId=1364), but for tokens and names. */
export const REPLY = {
  refresh_token_valid_time: NOW + 172_800 * SECOND,
  havana_id: '300002118000',
  expire_time: NOW + DAY,
  locale: 'zh_CN',
  user_nick: 'a-person',
  access_token: '50000601c30atpedfgu3LVvik87Ixlsvle3mSoB7701ceb156fPunYZ43GBg',
  refresh_token: '500016000300bwa2WteaQyfwBMnPxurcA0mXGhQdTt18356663CfcDTYpWoi',
  user_id: '2637908814',
  account_platform: 'buyerApp',
  refresh_expires_in: 172_800,
  expires_in: 86_400,
  sp: 'ae',
  seller_id: '2637908815',
  account: 'a-person@example.com',
  code: '0',
  request_id: '2141244f17116066265020000',
}
export const ISSUED = {
  accessToken: REPLY.access_token,
  refreshToken: REPLY.refresh_token,
  accessExpiresAt: NOW + DAY,
  endsAt: NOW + 172_800 * SECOND,
  seller: '2637908815',
  requestId: '2141244f17116066265020000',
}

function refusal(code: string, more: object = {}): HttpResponse {
  return answer(200, { type: 'ISV', code, message: 'words', request_id: '0ba28873', ...more })
}

export const LOGIN: LoginSamples = {
  code: CODE,
  redirected: { code: CODE, state: 'state-1' },
  seller: null,
  keysOfTheAddress: ['redirectUri', 'appKey'],
  keysOfTheExchange: ['appKey', 'appSecret'],
  successes: [
    { name: 'the documented answer', response: answer(200, REPLY), issued: ISSUED },
    {
      name: 'the Java client’s wrapping',
      response: answer(200, {
        gopErrorCode: '0',
        gopRequestId: 'gop-1',
        gopResponseBody: JSON.stringify(REPLY),
        success: true,
      }),
      issued: ISSUED,
    },
    {
      name: 'a consent that cannot be refreshed, with a refresh token beside it: it ends with its access token',
      response: answer(200, { ...REPLY, refresh_expires_in: 0 }),
      issued: { ...ISSUED, endsAt: NOW + DAY },
    },
  ],
  failures: [
    {
      name: 'a code that was used or came too late',
      response: refusal('InvalidCode'),
      code: 'GRANT_REJECTED',
      failure: 'permanent',
    },
    {
      name: 'a category without consents',
      response: refusal('AUTH_TYPE_UNSUPPORTED'),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a wrong app key',
      response: refusal('InvalidAppkey'),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a wrong secret',
      response: refusal('IncompleteSignature'),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a wrong clock',
      response: refusal('IllegalTimestamp'),
      code: 'CLOCK_WRONG',
      failure: 'configuration',
    },
    {
      name: 'a refusal of a token where none was sent',
      response: refusal('IllegalRefreshToken'),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a service that is away',
      response: refusal('ServiceUnavailable', { type: 'SYSTEM' }),
      code: 'MARKETPLACE_DOWN',
      failure: 'transient',
    },
    {
      name: 'too many calls',
      response: refusal('ApiCallLimit', { message: 'This ban will last 7 seconds' }),
      code: 'RATE_LIMITED',
      failure: 'transient',
      retryAfterMs: 7000,
    },
    {
      name: 'an unknown fault of nobody',
      response: refusal('E010', { type: null }),
      code: 'MARKETPLACE_DOWN',
      failure: 'ambiguous',
    },
  ],
  documentedCodes: ALIEXPRESS_CODE_ERRORS.map(row => row.code),
}
