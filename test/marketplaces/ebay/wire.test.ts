import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EBAY_ERRORS } from '../../../src/marketplaces/ebay/errors.ts'
import { ebay } from '../../../src/marketplaces/ebay/index.ts'
import { refresh } from '../../../src/marketplaces/ebay/wire.ts'
import type { HttpResponse } from '../../../src/platform/http.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import { testMarketplace } from '../../contracts/marketplace.ts'
import { type Caught, catchRefresh, sendWithFetch } from '../catch-refresh.ts'
import { answer, asKeys, NOW, reveal, thrownBy } from '../samples.ts'
import { LOGIN } from './login-samples.ts'

const APP = {
  clientId: 'ShopTool-Sync-PRD-0aBcDeF12-34567890',
  clientSecret: 'PRD-CANARY0aBcDeF-1234',
  ruName: 'Shop_Tool-ShopTool-Sync-abcdef',
  redirectUri: 'https://shop.example/accepted',
}
const TOKEN = 'v^1.1#i^1#p^3#r^1#I^3#f^0#t^CANARY+Ul4x/MF8|yNTo=='
const ISSUED = { accessToken: 'v^1.1#i^1#p^3#new', accessExpiresAt: NOW + 7_200_000 }
const REPLY = { access_token: 'v^1.1#i^1#p^3#new', expires_in: 7200, token_type: 'User Access Token' }
const INVALID_GRANT = {
  error: 'invalid_grant',
  error_description: 'the provided authorization refresh token is invalid or was issued to another client',
}

function read(response: HttpResponse) {
  return refresh.read(response, {
    app: asKeys(APP),
    refreshToken: new Secret(TOKEN),
    now: NOW,
    origin: '',
  })
}

await testMarketplace(ebay, {
  app: APP,
  refreshToken: TOKEN,
  contentType: 'application/x-www-form-urlencoded',
  successes: [
    { name: 'the documented answer', response: answer(200, REPLY), issued: ISSUED },
    {
      name: 'an answer without token_type and expires_in',
      response: answer(200, { access_token: REPLY.access_token }),
      issued: ISSUED,
    },
    {
      name: 'a refresh token and an end, should eBay ever send some',
      response: answer(
        200,
        { ...REPLY, refresh_token: 'v^1.1#next', refresh_token_expires_in: 47_304_000 },
        { rlogid: 't6pitnmsbt%60d%3D9vl*w%60ut322ab-19b-0x2335' },
      ),
      issued: {
        ...ISSUED,
        refreshToken: 'v^1.1#next',
        endsAt: NOW + 47_304_000_000,
        requestId: 't6pitnmsbt%60d%3D9vl*w%60ut322ab-19b-0x2335',
      },
    },
    {
      name: 'the N/A that stands for no refresh token',
      response: answer(200, { ...REPLY, refresh_token: 'N/A' }),
      issued: ISSUED,
    },
    {
      name: 'an end beyond belief as no end',
      response: answer(200, { ...REPLY, refresh_token_expires_in: 1e15 }),
      issued: ISSUED,
    },
  ],
  failures: [
    {
      name: 'a token that has ended',
      response: answer(400, INVALID_GRANT),
      code: 'GRANT_REJECTED',
      failure: 'permanent',
    },
    {
      name: 'wrong app keys',
      response: answer(401, {
        error: 'invalid_client',
        error_description: 'client authentication failed',
      }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a scope outside the consent',
      response: answer(400, { error: 'invalid_scope' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a right that the app lacks',
      response: answer(400, { error: 'unauthorized_client' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a request called malformed',
      response: answer(400, { error: 'invalid_request' }),
      code: 'BUG',
      failure: 'configuration',
    },
    {
      name: 'a grant it does not know',
      response: answer(400, { error: 'unsupported_grant_type' }),
      code: 'BUG',
      failure: 'configuration',
    },
    {
      name: 'access denied',
      response: answer(403, { error: 'access_denied' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a fault said politely',
      response: answer(400, { error: 'server_error' }),
      code: 'MARKETPLACE_DOWN',
      failure: 'transient',
    },
    {
      name: 'an overload said politely',
      response: answer(400, { error: 'temporarily_unavailable' }),
      code: 'MARKETPLACE_DOWN',
      failure: 'transient',
    },
    {
      name: 'a code that nobody documented',
      response: answer(400, { error: 'moon_phase' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a refusal without a code',
      response: answer(403, { errors: [{ errorId: 1100 }] }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      // Only 400 is documented for it; a verdict that costs a consent needs the whole of the evidence.
      name: 'invalid_grant under a status that does not go with it',
      response: answer(403, INVALID_GRANT),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a token for an app instead of a user',
      response: answer(200, { ...REPLY, token_type: 'mac' }),
      code: 'REPLY_MALFORMED',
      failure: 'ambiguous',
    },
    {
      name: 'the daily limit',
      response: answer(429, '', { 'retry-after': '3600' }),
      code: 'RATE_LIMITED',
      failure: 'transient',
      retryAfterMs: 3_600_000,
    },
    {
      name: 'a fault',
      response: answer(500, '<html></html>', { 'content-type': 'text/html' }),
      code: 'MARKETPLACE_DOWN',
      failure: 'ambiguous',
    },
  ],
  documentedCodes: EBAY_ERRORS.map(row => row.code),
  login: LOGIN,
})

describe('what eBay says when it refuses', () => {
  it('has a mix-up of environments ruled out before a seller is troubled', () => {
    const { fix, message } = thrownBy(() => read(answer(400, INVALID_GRANT)))
    expect(message).toBe('eBay refused the refresh token (invalid_grant, HTTP 400).')
    expect(fix).toMatch(/^First make sure .*sandbox and production/)
  })

  it.each([
    ['moon_phase', true],
    ['moon phase', false],
    ['\u001b[2J', false],
    ['x'.repeat(41), false],
    [TOKEN, false],
    [APP.clientSecret, false],
    [APP.clientSecret.slice(0, 12), false],
  ])('shows an unknown code only if it looks like one: %j', (error, shown) => {
    const { message } = thrownBy(() => read(answer(400, { error })))
    expect(message.includes(error)).toBe(shown)
  })

  it.each([
    ['invalid_client', 400, /refused the app keys/, /tokenctl app set ebay/],
    ['invalid_client', 401, /refused the app keys/, /tokenctl app set ebay/],
    ['invalid_client', 403, /does not know/, /developer console/],
    ['invalid_scope', 400, /no longer cover the seller's consent/, /developer account/],
    ['invalid_scope', 403, /may no longer have/, /developer console/],
  ])('means %s as documented only under its own status: %d', (error, status, words, fix) => {
    const told = thrownBy(() => read(answer(status, { error })))
    expect(told).toMatchObject({ code: 'CLIENT_REJECTED', failure: 'configuration' })
    expect(told.message).toMatch(words)
    expect(told.fix).toMatch(fix)
  })

  it('names its id of the exchange, and never its free text', () => {
    const error = thrownBy(() => read(answer(400, INVALID_GRANT, { rlogid: 't6q-19b' })))
    expect(error.requestId).toBe('t6q-19b')
    expect(error.message + error.fix).not.toContain('another client')
  })
})

describe('the bytes that eBay gets', () => {
  beforeEach(() => nock.disableNetConnect())
  afterEach(() => nock.cleanAll())

  it.each(['production', 'sandbox'] as const)('are exact, in %s', async environment => {
    const origin = ebay.origins[environment] ?? ''
    const caught: Caught[] = []
    catchRefresh(origin, '/identity/v1/oauth2/token', 200, REPLY, caught)
    const input = { app: asKeys(APP), refreshToken: new Secret(TOKEN), now: NOW, origin }
    const response = await sendWithFetch(refresh.request(input))
    expect(caught).toEqual([
      {
        method: 'POST',
        url: `${environment === 'sandbox' ? 'https://api.sandbox.ebay.com' : 'https://api.ebay.com'}/identity/v1/oauth2/token`,
        body: 'grant_type=refresh_token&refresh_token=v%5E1.1%23i%5E1%23p%5E3%23r%5E1%23I%5E3%23f%5E0%23t%5ECANARY%2BUl4x%2FMF8%7CyNTo%3D%3D',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
          authorization:
            'Basic U2hvcFRvb2wtU3luYy1QUkQtMGFCY0RlRjEyLTM0NTY3ODkwOlBSRC1DQU5BUlkwYUJjRGVGLTEyMzQ=',
        },
      },
    ])
    expect(reveal(refresh.read(response, input))).toStrictEqual(ISSUED)
    expect(nock.isDone()).toBe(true)
  })

  it('reads a refusal that came over the wire', async () => {
    nock('https://api.ebay.com').post('/identity/v1/oauth2/token').reply(400, INVALID_GRANT)
    const input = {
      app: asKeys(APP),
      refreshToken: new Secret(TOKEN),
      now: NOW,
      origin: 'https://api.ebay.com',
    }
    const response = await sendWithFetch(refresh.request(input))
    expect(thrownBy(() => refresh.read(response, input)).code).toBe('GRANT_REJECTED')
    expect(nock.isDone()).toBe(true)
  })
})

describe('the facts of eBay', () => {
  it('renews by refresh, without rotation, and reports no end', () => {
    const { rotation, refreshRenews, reportsEnd, estimatedLifetime } = ebay
    expect({ rotation, refreshRenews, reportsEnd, estimatedLifetime }).toEqual({
      rotation: 'none',
      refreshRenews: true,
      reportsEnd: false,
      estimatedLifetime: { years: 1 },
    })
    expect(ebay.renewBeforeSeconds * 1000).toBeLessThan(DAY)
    expect(ebay.consentCommand('main', false)).toBe('tokenctl login ebay:main')
    expect(ebay.appFields.map(({ key, secret, optional }) => [key, secret, optional ?? false])).toEqual([
      ['clientId', false, false],
      ['clientSecret', true, false],
      ['ruName', false, true],
      ['redirectUri', false, true],
      ['scopes', false, true],
    ])
  })
})
