import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AMAZON_ERRORS } from '../../../src/marketplaces/amazon/errors.ts'
import { amazon } from '../../../src/marketplaces/amazon/index.ts'
import { refresh } from '../../../src/marketplaces/amazon/wire.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { testMarketplace } from '../../contracts/marketplace.ts'
import { type Caught, catchRefresh, sendWithFetch } from '../catch-refresh.ts'
import { answer, asKeys, NOW, reveal, thrownBy } from '../samples.ts'
import { LOGIN } from './login-samples.ts'

const APP = {
  clientId: 'amzn1.application-oa2-client.0123456789abcdef',
  clientSecret: 'amzn1.oa2-cs.v1.CANARY+/=^#0123',
  applicationId: 'amzn1.sp.solution.0123',
  redirectUri: 'https://shop.example/back?x=1',
}
const TOKEN = 'Atzr|IwEBCANARY-aB_c+d/e=f^g#h|i'
const REPLY = { access_token: 'Atza|IwEBnew', refresh_token: TOKEN, token_type: 'bearer', expires_in: 3600 }
const ISSUED = { accessToken: 'Atza|IwEBnew', refreshToken: TOKEN, accessExpiresAt: NOW + 3_600_000 }
const INVALID_GRANT = {
  error: 'invalid_grant',
  error_description:
    "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission.",
  error_index: '5ae1fa1b',
  request_id: '7dd2dbd2-6f2b-4a0c-9a8e-0123456789ab',
}

await testMarketplace(amazon, {
  app: APP,
  refreshToken: TOKEN,
  contentType: 'application/x-www-form-urlencoded;charset=UTF-8',
  successes: [
    { name: 'the documented answer', response: answer(200, REPLY), issued: ISSUED },
    {
      name: 'an answer without refresh token and life',
      response: answer(200, { access_token: REPLY.access_token, token_type: 'Bearer' }),
      issued: { accessToken: ISSUED.accessToken, accessExpiresAt: ISSUED.accessExpiresAt },
    },
    {
      name: 'another refresh token, as in Amazon’s own sample, with an id of the exchange',
      response: answer(200, { ...REPLY, refresh_token: 'Atzr|next' }, { 'x-amzn-requestid': '5d0e-11' }),
      issued: { ...ISSUED, refreshToken: 'Atzr|next', requestId: '5d0e-11' },
    },
  ],
  failures: [
    {
      name: 'a token that was withdrawn',
      response: answer(400, INVALID_GRANT),
      code: 'GRANT_REJECTED',
      failure: 'permanent',
    },
    {
      name: 'wrong app keys, or a secret that has ended',
      response: answer(401, {
        error: 'invalid_client',
        error_description: 'Client authentication failed',
      }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a grant that the app may not use',
      response: answer(400, { error: 'unauthorized_client' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'access denied',
      response: answer(403, { error: 'access_denied' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a scope it does not grant',
      response: answer(400, { error: 'invalid_scope' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'the code that names no reason',
      response: answer(400, { error: 'other' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a missing parameter',
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
      name: 'a fault said politely',
      response: answer(400, { error: 'server_error' }),
      code: 'MARKETPLACE_DOWN',
      failure: 'transient',
    },
    {
      name: 'a fault said by its status as well',
      response: answer(500, { error: 'server_error' }),
      code: 'MARKETPLACE_DOWN',
      failure: 'ambiguous',
    },
    {
      name: 'an overload said politely',
      response: answer(400, { error: 'temporarily_unavailable' }),
      code: 'MARKETPLACE_DOWN',
      failure: 'transient',
    },
    {
      name: 'the answer of a Selling Partner API host',
      response: answer(403, {
        errors: [{ code: 'Unauthorized', message: 'Access to requested resource is denied.' }],
      }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'invalid_grant from something that is out of order',
      response: answer(503, INVALID_GRANT),
      code: 'MARKETPLACE_DOWN',
      failure: 'ambiguous',
    },
    {
      name: 'too many requests, until a date',
      response: answer(429, {}, { 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT' }),
      code: 'RATE_LIMITED',
      failure: 'transient',
      retryAfterMs: 30_000,
    },
  ],
  documentedCodes: AMAZON_ERRORS.map(row => row.code),
  login: LOGIN,
})

describe('what Amazon says when it refuses', () => {
  it.each([
    ['invalid_client', 400, /refused the app keys/, /tokenctl app set amazon.*180 days/],
    ['invalid_client', 401, /refused the app keys/, /tokenctl app set amazon.*180 days/],
    ['invalid_client', 403, /does not know/, /developer console/],
    ['invalid_grant', 403, /does not know/, /developer console/],
    ['unauthorized_client', 400, /does not allow this app/, /under Develop Apps/],
    ['other', 400, /gives no reason/, /tokenctl app set amazon/],
  ])('means %s as documented only under its own status: %d', (error, status, words, fix) => {
    const input = { app: asKeys(APP), refreshToken: new Secret(TOKEN), now: NOW, origin: '' }
    const told = thrownBy(() => refresh.read(answer(status, { error }), input))
    expect(told).toMatchObject({ code: 'CLIENT_REJECTED', failure: 'configuration' })
    expect(told.message).toMatch(words)
    expect(told.fix).toMatch(fix)
  })
})

describe('the bytes that Amazon gets', () => {
  beforeEach(() => nock.disableNetConnect())
  afterEach(() => nock.cleanAll())

  it('are exact, with id and secret in the body', async () => {
    const caught: Caught[] = []
    catchRefresh('https://api.amazon.com', '/auth/o2/token', 200, REPLY, caught)
    const input = {
      app: asKeys(APP),
      refreshToken: new Secret(TOKEN),
      now: NOW,
      origin: amazon.origins.production,
    }
    const response = await sendWithFetch(refresh.request(input))
    expect(caught).toEqual([
      {
        method: 'POST',
        url: 'https://api.amazon.com/auth/o2/token',
        body: 'grant_type=refresh_token&refresh_token=Atzr%7CIwEBCANARY-aB_c%2Bd%2Fe%3Df%5Eg%23h%7Ci&client_id=amzn1.application-oa2-client.0123456789abcdef&client_secret=amzn1.oa2-cs.v1.CANARY%2B%2F%3D%5E%230123',
        headers: {
          'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
          accept: 'application/json',
        },
      },
    ])
    expect(reveal(refresh.read(response, input))).toStrictEqual(ISSUED)
    expect(nock.isDone()).toBe(true)
  })

  it('bring a refusal with the id that Amazon put into the body', async () => {
    nock('https://api.amazon.com').post('/auth/o2/token').reply(400, INVALID_GRANT)
    const input = {
      app: asKeys(APP),
      refreshToken: new Secret(TOKEN),
      now: NOW,
      origin: amazon.origins.production,
    }
    const response = await sendWithFetch(refresh.request(input))
    const error = thrownBy(() => refresh.read(response, input))
    expect([error.code, error.requestId]).toEqual(['GRANT_REJECTED', INVALID_GRANT.request_id])
    expect(nock.isDone()).toBe(true)
  })
})

describe('the facts of Amazon', () => {
  it('lets a refresh prove, but not renew', () => {
    const { rotation, refreshRenews, reportsEnd, estimatedLifetime, appSecretLifeDays } = amazon
    expect({ rotation, refreshRenews, reportsEnd, estimatedLifetime, appSecretLifeDays }).toEqual({
      rotation: 'none',
      refreshRenews: false,
      reportsEnd: false,
      estimatedLifetime: { years: 1 },
      appSecretLifeDays: 180,
    })
    expect(amazon.consentCommand('main', false)).toBe('tokenctl set-amazon main')
    // A seller is known by a consent in the browser alone, which only public apps have.
    expect(amazon.consentCommand('main', true)).toBe('tokenctl login amazon:main')
    expect(amazon.origins).toEqual({ production: 'https://api.amazon.com' })
  })

  it.each([
    ['Atzr|IwEBIabc', true],
    [`Atzr|${'x'.repeat(2043)}`, true],
    [`Atzr|${'x'.repeat(16_379)}`, true],
    ['Atza|IwEBIabc', false],
    ['Atzr|', false],
    ['"Atzr|IwEBIabc"', false],
    ['Atzr|IwEBIabc ', false],
    ['Atzr|IwEB\nIabc', false],
    ['Atzr|IwEBIabcAtzr|IwEBIabc', false],
    ['atzr|IwEBIabc', false],
  ])('knows the shape of a refresh token: %j', (text, fits) => {
    expect(amazon.refreshTokenShape?.test(text)).toBe(fits)
  })
})
