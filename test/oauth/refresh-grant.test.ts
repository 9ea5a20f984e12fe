import { describe, expect, it } from 'vitest'
import { basicAuth } from '../../src/oauth/client-auth.ts'
import { processRefreshResponse, refreshRequest, withoutMisshapen } from '../../src/oauth/refresh-grant.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { merge, NO_SECRETS, newHeader } from '../../src/tokens/token-set.ts'
import { answer, NOW, reveal, thrownBy } from '../marketplaces/samples.ts'

const RULES = { title: 'Shop', mediaTypes: ['application/json'], requestIdHeaders: [], errors: [] }
const TOKENS = { tokenTypes: ['bearer'], accessLifeSeconds: 3600 }

function read(status: number, body: unknown, headers: Record<string, string> = {}) {
  const response = answer(status, body, headers)
  return processRefreshResponse({ response, rules: RULES, now: NOW, sent: [] }, TOKENS)
}

describe('where tokens stay as they are', () => {
  const issued = { accessToken: new Secret('a'), accessExpiresAt: NOW }
  it.each(['undefined', 'N/A', 'null', 'evil'])('`%s` in the place of a refresh token is none', text => {
    expect(withoutMisshapen({ ...issued, refreshToken: new Secret(text) }, /^Atzr\|/)).toEqual(issued)
  })

  it('one of the right shape counts, and none stays none', () => {
    const both = { ...issued, refreshToken: new Secret('Atzr|new') }
    expect(withoutMisshapen(both, /^Atzr\|/)).toBe(both)
    expect(withoutMisshapen(issued, /^Atzr\|/)).toBe(issued)
  })
})

describe('a refresh request', () => {
  it('is the example of RFC 6749 section 6, without a scope', () => {
    const auth = basicAuth(new Secret('s6BhdRkqt3'), new Secret('gX1fBat3bV'))
    const url = 'https://server.example.com/token'
    expect(
      refreshRequest(url, new Secret('tGzv3JOkF0XG5Qx2TlKWIA'), auth, 'application/x-www-form-urlencoded'),
    ).toEqual({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        authorization: 'Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW',
      },
      body: 'grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA',
    })
  })
})

describe('a refresh answer', () => {
  it('is the example of RFC 6749 section 5.1', () => {
    const issued = read(200, {
      access_token: '2YotnFZFEjr1zCsicMWpAA',
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: 'tGzv3JOkF0XG5Qx2TlKWIA',
      example_parameter: 'example_value',
    })
    expect(reveal(issued)).toStrictEqual({
      accessToken: '2YotnFZFEjr1zCsicMWpAA',
      refreshToken: 'tGzv3JOkF0XG5Qx2TlKWIA',
      accessExpiresAt: NOW + 3_600_000,
    })
  })

  it('keeps the old refresh token when it names none, and replaces it when it names one', () => {
    const header = newHeader({
      account: 'shop:a',
      app: 'default',
      environment: 'production',
      holdsToken: true,
    })
    const before = { header, secrets: { ...NO_SECRETS, refreshToken: new Secret('old') } }
    const kept = merge(before, read(200, { access_token: 'a' }), NOW, true)
    const replaced = merge(before, read(200, { access_token: 'a', refresh_token: 'new' }), NOW, true)
    expect(kept.secrets.refreshToken?.reveal()).toBe('old')
    expect(replaced.secrets.refreshToken?.reveal()).toBe('new')
    expect(replaced.secrets.previous?.refreshToken.reveal()).toBe('old')
  })

  it.each(['application/json', 'Application/JSON; charset="utf-8"', ' application/json ;x=y'])(
    'may come as %s',
    type => {
      expect(reveal(read(200, { access_token: 'a' }, { 'content-type': type })).accessToken).toBe('a')
    },
  )

  it.each(['text/json', 'application/jsonp', 'application/problem+json', 'text/html;application/json', ''])(
    'may not come as %j',
    type => {
      const error = thrownBy(() => read(200, { access_token: 'a' }, { 'content-type': type }))
      expect(error.code).toBe('REPLY_MALFORMED')
    },
  )

  it.each([
    ['bearer', true],
    ['BEARER', true],
    [null, true],
    [undefined, true],
    ['mac', false],
    ['DPoP', false],
    [7, false],
  ])('may name the token type %j: %s', (token_type, good) => {
    const call = () => read(200, { access_token: 'a', token_type })
    if (good) expect(reveal(call()).accessToken).toBe('a')
    else expect(thrownBy(call).code).toBe('REPLY_MALFORMED')
  })

  it('takes no success from a body that names an error under 200', () => {
    expect(thrownBy(() => read(200, { error: 'invalid_grant' })).code).toBe('REPLY_MALFORMED')
  })
})
