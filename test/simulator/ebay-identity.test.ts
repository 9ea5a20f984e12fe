import { describe, expect, test } from 'vitest'
import { answerEbay } from '../../src/simulator/ebay.ts'
import { answerEbayIdentity } from '../../src/simulator/ebay-identity.ts'
import { IDENTITY_SCOPE, SEEDED_SCOPES } from '../../src/simulator/ebay-scopes.ts'
import { Market } from '../../src/simulator/market.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { bodyOf, EBAY_TOKEN, ebayCall, form, NOW, seed } from './calls.ts'

/** A market whose `ebay:main` consented to the identity scope, and an access token of it. */
function shop(scopes: readonly string[] = [...SEEDED_SCOPES, IDENTITY_SCOPE], scope?: string) {
  const given = seed()
  const accounts = given.accounts.map(each => (each.account === 'ebay:main' ? { ...each, scopes } : each))
  const market = new Market({ ...given, accounts })
  const grant = {
    grant_type: 'refresh_token',
    refresh_token: EBAY_TOKEN,
    ...(scope !== undefined && { scope }),
  }
  const issued = bodyOf(answerEbay(ebayCall({ body: form(grant) }), market, NOW))
  return { market, token: String(issued['access_token']) }
}

function ask(market: Market, authorization: string | undefined, now = NOW, method = 'GET') {
  const headers = authorization === undefined ? {} : { authorization }
  const call = { method, path: '/commerce/identity/v1/user/', query: '', headers, body: Buffer.from('') }
  return answerEbayIdentity(call, market, now)
}

test('says whose an access token is', () => {
  const { market, token } = shop()
  const reply = ask(market, `Bearer ${token}`)
  expect(reply).toMatchObject({ status: 200, outcome: 'identified', account: 'ebay:main' })
  expect(bodyOf(reply)).toEqual({
    userId: expect.stringMatching(/^[a-z2-7]{11}$/),
    username: 'ebay-shop-4711',
    accountType: 'BUSINESS',
    registrationMarketplaceId: 'EBAY_US',
    status: 'CONFIRMED',
    businessAccount: { name: 'ebay-shop-4711', email: 'ebay-shop-4711@example.com' },
  })
})

describe('refusals', () => {
  test.each<[string, (token: string) => string | undefined, number, string]>([
    ['no header', () => undefined, 0, 'no Bearer header'],
    ['Basic', token => `Basic ${token}`, 0, 'no Bearer header'],
    ['a token and more', token => `Bearer ${token} x`, 0, 'no Bearer header'],
    ['an unknown token', () => 'Bearer v^1.1#x', 0, 'unknown access token'],
    ['the refresh token', () => `Bearer ${EBAY_TOKEN}`, 0, 'unknown access token'],
    ['a token that ended', token => `Bearer ${token}`, 7200, 'access token ended'],
  ])('%s is 401 with 1001', (_, header, laterSeconds, detail) => {
    const { market, token } = shop()
    const reply = ask(market, header(token), NOW + laterSeconds * 1000)
    expect(reply).toMatchObject({ status: 401, outcome: '1001', detail })
    expect(bodyOf(reply)['errors']).toEqual([
      {
        errorId: 1001,
        domain: 'OAuth',
        category: 'REQUEST',
        message: 'Invalid access token',
        longMessage: expect.any(String),
      },
    ])
  })

  test('a token of a consent that was ended is 401', () => {
    const { market, token } = shop()
    const account = market.accounts.get('ebay:main')
    if (account === undefined) throw new Error('no account')
    market.endConsents(account, NOW)
    expect(ask(market, `Bearer ${token}`)).toMatchObject({ status: 401, detail: 'consent ended' })
  })

  test.each([
    ['the consent lacks the scope', SEEDED_SCOPES, undefined],
    ['the refresh asked for less', [...SEEDED_SCOPES, IDENTITY_SCOPE], SEEDED_SCOPES[0]],
  ])('%s: 403 with 1100', (_, scopes, scope) => {
    const { market, token } = shop(scopes, scope)
    const reply = ask(market, `Bearer ${token}`)
    expect(reply).toMatchObject({ status: 403, outcome: '1100', account: 'ebay:main' })
    expect(bodyOf(reply)['errors']).toMatchObject([{ errorId: 1100, domain: 'ACCESS' }])
  })

  test('POST is 405', () => {
    const { market, token } = shop()
    expect(ask(market, `Bearer ${token}`, NOW, 'POST').status).toBe(405)
  })
})

test('its faults are its own', () => {
  const made = new Simulation({ seed: seed(), now: () => NOW, random: () => 0, onRequest: () => undefined })
  made.fault('ebay-identity', '503')
  expect(made.faults.next('ebay')).toBeUndefined()
  expect(made.faults.next('ebay-identity')).toMatchObject({ fault: '503' })
})
