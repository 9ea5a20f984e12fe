import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ALIEXPRESS_ERRORS } from '../../../src/marketplaces/aliexpress/errors.ts'
import { aliexpress } from '../../../src/marketplaces/aliexpress/index.ts'
import { refresh } from '../../../src/marketplaces/aliexpress/wire.ts'
import type { HttpResponse } from '../../../src/platform/http.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, SECOND } from '../../../src/tokens/time.ts'
import { testMarketplace } from '../../contracts/marketplace.ts'
import { type Caught, catchRefresh, sendWithFetch } from '../catch-refresh.ts'
import { answer, asKeys, type FailureSample, NOW, reveal, thrownBy } from '../samples.ts'
import { LOGIN } from './login-samples.ts'

const APP = {
  appKey: '12345678',
  appSecret: 'CANARYhelloworld+/=^#',
  redirectUri: 'https://shop.example/back',
}
const TOKEN = '500016000300CANARY^#=+/|aB'
/** As the vendor's page shows it, but for the names; some numbers are texts there too. */
const REPLY = {
  refresh_token_valid_time: NOW + 5_183_988 * SECOND,
  havana_id: '2671514005',
  expire_time: String(NOW + 30 * DAY),
  locale: 'zh_CN',
  user_nick: 'a-person',
  access_token: '50000601c30atpedfgu3LVvik87Ixlsvle3mSoB7701ceb156fPunYZ43GBg',
  refresh_token: '500016000300bwa2WteaQyfwBMnPxurcA0mXGhQdTt18356663CfcDTYpWoi',
  user_id: '200042362',
  account_platform: 'seller_center',
  refresh_expires_in: '5183988',
  expires_in: '2592000',
  sp: 'ae',
  seller_id: '200042360',
  account: 'a-person@example.com',
  code: '0',
  request_id: '0ba2887315178178017221014',
}
const ISSUED = {
  accessToken: REPLY.access_token,
  refreshToken: REPLY.refresh_token,
  accessExpiresAt: NOW + 30 * DAY,
  endsAt: NOW + 5_183_988 * SECOND,
  seller: '200042360',
  requestId: '0ba2887315178178017221014',
}
const BARE = { access_token: REPLY.access_token, refresh_token: REPLY.refresh_token, code: '0' }
const BARE_ISSUED = {
  accessToken: REPLY.access_token,
  refreshToken: REPLY.refresh_token,
  accessExpiresAt: NOW + DAY,
}

/** A refusal in the shape of the system interfaces. */
function refusal(code: string, more: object = {}): HttpResponse {
  return answer(200, { type: 'ISV', code, message: 'words', request_id: '0ba28873', ...more })
}

function failing(
  name: string,
  response: HttpResponse,
  [code, failure]: readonly [FailureSample['code'], FailureSample['failure']],
  retryAfterMs?: number,
): FailureSample {
  return { name, response, code, failure, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

const GRANT = ['GRANT_REJECTED', 'permanent'] as const
const CLIENT = ['CLIENT_REJECTED', 'configuration'] as const
const BUG = ['BUG', 'configuration'] as const
const LIMIT = ['RATE_LIMITED', 'transient'] as const
const DOWN = ['MARKETPLACE_DOWN', 'transient'] as const
const BAN = 'API access frequency exceeds the limit. this ban will last 7 seconds'

await testMarketplace(aliexpress, {
  app: APP,
  refreshToken: TOKEN,
  contentType: 'application/x-www-form-urlencoded',
  successes: [
    { name: 'the documented answer', response: answer(200, REPLY), issued: ISSUED },
    { name: 'an answer with nothing but tokens', response: answer(200, BARE), issued: BARE_ISSUED },
    {
      name: 'a code that is a number, and numbers that are some',
      response: answer(200, { ...REPLY, code: 0, expires_in: 2_592_000, seller_id: 200042360 }),
      issued: ISSUED,
    },
    {
      name: 'no code at all',
      response: answer(200, { access_token: REPLY.access_token }),
      issued: { accessToken: REPLY.access_token, accessExpiresAt: NOW + DAY },
    },
    {
      name: 'the buyer’s number where there is no seller’s, and never the e-mail address',
      response: answer(200, { ...BARE, user_id: 200042362, account: 'a@example.com', user_nick: 'a-person' }),
      issued: { ...BARE_ISSUED, seller: '200042362' },
    },
    {
      name: 'no number at all when it was rounded',
      response: answer(200, '{"access_token":"5000","seller_id":12345678901234567890,"code":"0"}'),
      issued: { accessToken: '5000', accessExpiresAt: NOW + DAY },
    },
    {
      name: 'a last access token: refresh_expires_in 0 and no refresh token',
      response: answer(200, { ...BARE, refresh_token: '', refresh_expires_in: 0, expires_in: 3600 }),
      issued: {
        accessToken: REPLY.access_token,
        accessExpiresAt: NOW + 3600 * SECOND,
        endsAt: NOW + 3600 * SECOND,
      },
    },
    {
      name: 'a last access token with a refresh token beside it',
      response: answer(200, { ...BARE, refresh_expires_in: '0', expires_in: '3600' }),
      issued: {
        ...BARE_ISSUED,
        accessExpiresAt: NOW + 3600 * SECOND,
        endsAt: NOW + 3600 * SECOND,
      },
    },
    {
      name: 'the Java client’s wrapping',
      response: answer(200, {
        gopErrorCode: '0',
        gopRequestId: 'gop-1',
        gopResponseBody: JSON.stringify(BARE),
        success: true,
      }),
      issued: { ...BARE_ISSUED, requestId: 'gop-1' },
    },
    {
      name: 'JSON under the name of JavaScript',
      response: answer(200, BARE, { 'content-type': 'text/javascript;charset=UTF-8' }),
      issued: BARE_ISSUED,
    },
  ],
  failures: [
    failing('a refresh token that has ended', refusal('IllegalRefreshToken'), GRANT),
    failing('an access token called illegal on a refresh', refusal('IllegalAccessToken'), GRANT),
    failing('a refusal by the gateway itself', refusal('IllegalRefreshToken', { type: 'SYSTEM' }), GRANT),
    failing(
      'a refusal in the shape of the business interfaces',
      answer(200, { error_response: { type: 'ISV', code: 'IllegalRefreshToken', msg: 'words' } }),
      GRANT,
    ),
    failing(
      'a refusal in the Java client’s wrapping',
      answer(200, { gopErrorCode: 'IllegalRefreshToken', gopResponseBody: '', success: false }),
      GRANT,
    ),
    failing(
      'a refusal inside the Java client’s body',
      answer(200, { gopResponseBody: '{"code":"IllegalRefreshToken","type":"ISV"}', success: true }),
      GRANT,
    ),
    failing('a refusal under 400', { ...refusal('IllegalRefreshToken'), status: 400 }, GRANT),
    failing('a category that may not refresh', refusal('AUTH_TYPE_UNSUPPORTED'), CLIENT),
    failing('a wrong app key', refusal('InvalidAppkey'), CLIENT),
    failing('a wrong secret', refusal('IncompleteSignature'), CLIENT),
    failing('a wrong clock', refusal('IllegalTimestamp'), ['CLOCK_WRONG', 'configuration']),
    failing('a missing parameter', refusal('MissingParameter'), BUG),
    failing('a parameter error', refusal('isv.402'), BUG),
    failing('a code called invalid where none was sent', refusal('InvalidCode'), BUG),
    failing('too many calls', refusal('ApiCallLimit', { message: BAN }), LIMIT, 7000),
    failing('too many calls of the app', refusal('AppCallLimit', { type: 'SYSTEM' }), LIMIT),
    failing(
      'too many calls, in the other shape',
      answer(200, { error_response: { code: 'ApiCallLimit', msg: BAN } }),
      LIMIT,
      7000,
    ),
    failing(
      'a ban for longer than a day',
      refusal('ApiCallLimit', { message: 'This ban will last 999999999 seconds' }),
      LIMIT,
      DAY,
    ),
    failing('a service that is away', refusal('ServiceUnavailable', { type: 'SYSTEM' }), DOWN),
    failing('an unknown fault of the gateway', refusal('E007', { type: 'SYSTEM' }), DOWN),
    failing('an unknown fault behind the gateway', refusal('E008', { type: 'ISP' }), DOWN),
    failing('an unknown fault of ours', refusal('E009'), CLIENT),
    failing('an unknown fault of nobody', refusal('E010', { type: null }), ['MARKETPLACE_DOWN', 'ambiguous']),
    failing('an unknown fault under 403', { ...refusal('E010', { type: null }), status: 403 }, CLIENT),
    failing('a number for an unknown code', answer(200, { code: 27, type: 'ISV' }), CLIENT),
    failing('a code that is no code', answer(200, { ...BARE, code: {} }), ['MARKETPLACE_DOWN', 'ambiguous']),
    failing('an error that says nothing', answer(200, { error_response: {} }), [
      'MARKETPLACE_DOWN',
      'ambiguous',
    ]),
    failing('a success that issues nothing', answer(200, { code: '0', request_id: 'x' }), [
      'REPLY_MALFORMED',
      'ambiguous',
    ]),
    failing('tokens beside an error', refusal('IllegalRefreshToken', BARE_ISSUED), GRANT),
    failing('a fault by status', answer(500, refusal('IllegalRefreshToken').body), [
      'MARKETPLACE_DOWN',
      'ambiguous',
    ]),
  ],
  documentedCodes: ALIEXPRESS_ERRORS.map(row => row.code),
  login: LOGIN,
})

describe('the bytes that AliExpress gets', () => {
  beforeEach(() => nock.disableNetConnect())
  afterEach(() => nock.cleanAll())

  it('are exact, signed, and in the body alone', async () => {
    const caught: Caught[] = []
    catchRefresh('https://api-sg.aliexpress.com', '/rest/auth/token/refresh', 200, REPLY, caught)
    const input = {
      app: asKeys(APP),
      refreshToken: new Secret(TOKEN),
      now: NOW,
      origin: aliexpress.origins.production,
    }
    const response = await sendWithFetch(refresh.request(input))
    expect(caught).toEqual([
      {
        method: 'POST',
        url: 'https://api-sg.aliexpress.com/rest/auth/token/refresh',
        body: 'app_key=12345678&refresh_token=500016000300CANARY%5E%23%3D%2B%2F%7CaB&sign_method=sha256&timestamp=1795341600000&sign=1ADDFAB8FC7864FE2D1ECF611D20AA41DFE963E98524DD93B88F4B4F11475196',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      },
    ])
    expect(reveal(refresh.read(response, input))).toStrictEqual(ISSUED)
    expect(nock.isDone()).toBe(true)
  })

  it('are those of the reckoned example for a refresh', () => {
    const { body } = refresh.request({
      app: asKeys({ appKey: '12345678', appSecret: 'helloworld' }),
      refreshToken: new Secret('test'),
      now: 1_517_820_392_000,
      origin: aliexpress.origins.production,
    })
    expect(body).toBe(
      'app_key=12345678&refresh_token=test&sign_method=sha256&timestamp=1517820392000&sign=FBB5D59082177F7C0DDFDA699073748FBAD24509C1B226FEE65EBD13C6BEC245',
    )
  })

  it('bring a refusal that came under 200', async () => {
    nock('https://api-sg.aliexpress.com').post('/rest/auth/token/refresh').reply(200, {
      type: 'ISV',
      code: 'IllegalRefreshToken',
      message: 'The specified refresh token is invalid or expired',
      request_id: '0ba2887315178178017221014',
    })
    const input = {
      app: asKeys(APP),
      refreshToken: new Secret(TOKEN),
      now: NOW,
      origin: aliexpress.origins.production,
    }
    const response = await sendWithFetch(refresh.request(input))
    const error = thrownBy(() => refresh.read(response, input))
    expect(error.message).toBe('AliExpress refused the refresh token (IllegalRefreshToken, HTTP 200).')
    expect(error.requestId).toBe('0ba2887315178178017221014')
    expect(nock.isDone()).toBe(true)
  })
})

describe('the facts of AliExpress', () => {
  it('rotates nobody knows how, and reports the end', () => {
    const { rotation, refreshRenews, reportsEnd, estimatedLifetime, renewBeforeSeconds } = aliexpress
    expect({ rotation, refreshRenews, reportsEnd, estimatedLifetime, renewBeforeSeconds }).toEqual({
      rotation: 'unknown',
      refreshRenews: true,
      reportsEnd: true,
      estimatedLifetime: { months: 6 },
      renewBeforeSeconds: 1800,
    })
    expect(aliexpress.consentCommand('main', false)).toBe('tokenctl login aliexpress:main')
    expect(aliexpress.origins).toEqual({ production: 'https://api-sg.aliexpress.com' })
  })
})
