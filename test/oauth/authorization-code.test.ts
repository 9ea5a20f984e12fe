import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  authorizeAddress,
  codeRefused,
  codeRequest,
  codeRules,
  processCodeResponse,
} from '../../src/oauth/authorization-code.ts'
import { basicAuth } from '../../src/oauth/client-auth.ts'
import { failureByCode, type ReplyRules } from '../../src/oauth/error-reply.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { answer, NOW, reveal, thrownBy } from '../marketplaces/samples.ts'

const RULES: ReplyRules = {
  title: 'Shop',
  mediaTypes: ['application/json'],
  requestIdHeaders: [],
  errors: [
    {
      code: 'invalid_grant',
      becomes: 'GRANT_REJECTED',
      failure: 'permanent',
      words: 'refused the refresh token',
    },
    {
      code: 'invalid_client',
      becomes: 'CLIENT_REJECTED',
      failure: 'configuration',
      words: 'refused the app',
      fix: 'Check the keys. The refresh token was not harmed.',
    },
    { code: 'slow_down', becomes: 'RATE_LIMITED', failure: 'transient', words: 'asks for a pause' },
  ],
}
const TOKENS = { tokenTypes: ['bearer'], accessLifeSeconds: 3600, refreshTokenShape: /^R/ }
const OWN = codeRefused(
  { code: 'invalid_grant', statuses: [400] },
  { life: 'a minute', boundTo: 'the same app' },
)

describe('the address of a consent page', () => {
  it('is the example of RFC 6749 section 4.1.1', () => {
    expect(
      authorizeAddress('https://server.example.com/authorize', [
        ['response_type', 'code'],
        ['client_id', 's6BhdRkqt3'],
        ['state', 'xyz'],
        ['redirect_uri', 'https://client.example.com/cb'],
      ]),
    ).toBe(
      'https://server.example.com/authorize?response_type=code&client_id=s6BhdRkqt3&state=xyz&redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb',
    )
  })

  it('has a space as %20 and a plus as %2B', () => {
    expect(authorizeAddress('https://a/b', [['scope', 'a b+c']])).toBe('https://a/b?scope=a%20b%2Bc')
  })

  it('carries any value, read as a form or by percent-decoding alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), value => {
        const address = authorizeAddress('https://a/b', [['x', value]])
        expect(new URL(address).searchParams.get('x')).toBe(value)
        expect(decodeURIComponent(address.slice('https://a/b?x='.length))).toBe(value)
      }),
    )
  })
})

describe('the exchange of a code', () => {
  const auth = basicAuth(new Secret('s6BhdRkqt3'), new Secret('gX1fBat3bV'))

  it('is the example of RFC 6749 section 4.1.3', () => {
    const grant = { code: new Secret('SplxlOBeZQQYbYS6WxSbIA'), redirectUri: 'https://client.example.com/cb' }
    expect(
      codeRequest('https://server.example.com/token', grant, auth, 'application/x-www-form-urlencoded'),
    ).toEqual({
      method: 'POST',
      url: 'https://server.example.com/token',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        authorization: 'Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW',
      },
      body: 'grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb',
    })
  })

  it('leaves out a redirect address that was left out at the consent', () => {
    const grant = { code: new Secret('a'), redirectUri: null }
    expect(codeRequest('https://a/b', grant, auth, 'x').body).toBe('grant_type=authorization_code&code=a')
  })

  it('sends any code as it is, encoded once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), code => {
        const grant = { code: new Secret(code), redirectUri: null }
        const { body } = codeRequest('https://a/b', grant, auth, 'x')
        expect(new URLSearchParams(body).get('code')).toBe(code)
      }),
    )
  })
})

describe('its answer', () => {
  const read = (status: number, body: object) =>
    processCodeResponse(
      {
        response: answer(status, body),
        rules: codeRules(RULES, [OWN]),
        now: NOW,
        sent: [new Secret('the-code')],
      },
      TOKENS,
    )

  it('issues both tokens', () => {
    expect(reveal(read(200, { access_token: 'A', refresh_token: 'R1', expires_in: 60 }))).toStrictEqual({
      accessToken: 'A',
      accessExpiresAt: NOW + 60_000,
      refreshToken: 'R1',
    })
  })

  test.each([
    ['none', {}],
    ['null', { refresh_token: null }],
    ['one of another shape', { refresh_token: 'N/A' }],
  ])('is none without a refresh token: %s', (_, more) => {
    const error = thrownBy(() => read(200, { access_token: 'A', ...more }))
    expect([error.code, error.failure, error.message]).toEqual([
      'REPLY_MALFORMED',
      'ambiguous',
      'Shop sent an answer without a refresh token (HTTP 200).',
    ])
  })

  it('refuses the code in words of its own', () => {
    const error = thrownBy(() => read(400, { error: 'invalid_grant', error_description: 'the-code is bad' }))
    expect(error).toMatchObject({
      code: 'GRANT_REJECTED',
      failure: 'permanent',
      message: 'Shop refused the code of the consent (invalid_grant, HTTP 400).',
      fix: 'A code works once, for a minute, and only with the same app: this one was used before, came too late, or belongs elsewhere. Run the login again for a new one. Nothing that is stored was changed.',
    })
  })

  test.each([
    ['invalid_client', 401, 'CLIENT_REJECTED', 'Check the keys.'],
    ['slow_down', 400, 'RATE_LIMITED', 'Wait; the next run tries again.'],
    // The row of the refresh token is gone: another status does not fall through to it.
    [
      'invalid_grant',
      403,
      'CLIENT_REJECTED',
      "Check the app keys and the app's state in the marketplace's developer console.",
    ],
    [
      'moon_phase',
      400,
      'CLIENT_REJECTED',
      "Check the app keys and the app's state in the marketplace's developer console.",
    ],
  ])('says nothing of a refresh token that nobody has yet: %s', (error, status, code, fix) => {
    expect(thrownBy(() => read(status, { error }))).toMatchObject({ code, fix })
  })

  it('leaves the rules of the refresh as they were', () => {
    codeRules(RULES, [OWN])
    const given = { response: answer(400, {}), rules: RULES, now: NOW, sent: [] }
    expect(failureByCode(given, { vendorCode: 'invalid_client' }).fix).toMatch(/was not harmed\.$/)
    expect(failureByCode(given, { vendorCode: 'moon_phase' }).fix).toMatch(/was not harmed\.$/)
  })
})
