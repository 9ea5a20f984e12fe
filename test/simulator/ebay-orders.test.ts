import { describe, expect, test } from 'vitest'
import { answerEbay } from '../../src/simulator/ebay.ts'
import { answerEbayOrders } from '../../src/simulator/ebay-orders.ts'
import { SEEDED_SCOPES } from '../../src/simulator/ebay-scopes.ts'
import { Market } from '../../src/simulator/market.ts'
import { basic, bodyOf, EBAY_TOKEN, ebayCall, form, NOW, seed } from './calls.ts'

const READONLY = 'https://api.ebay.com/oauth/api_scope/sell.fulfillment.readonly'

/** A market whose `ebay:main` consented to these scopes, and an access token of it. */
function shop(scopes: readonly string[] = SEEDED_SCOPES) {
  const given = seed()
  const accounts = given.accounts.map(each => (each.account === 'ebay:main' ? { ...each, scopes } : each))
  const market = new Market({ ...given, accounts })
  const grant = { grant_type: 'refresh_token', refresh_token: EBAY_TOKEN }
  const issued = bodyOf(answerEbay(ebayCall({ body: form(grant) }), market, NOW))
  return { market, token: String(issued['access_token']) }
}

const { market, token } = shop()

function ask(
  query: string,
  { authorization = `Bearer ${token}`, at = NOW, of = market, method = 'GET' } = {},
) {
  const headers = { host: '127.0.0.1:8080', authorization }
  const call = { method, path: '/sell/fulfillment/v1/order', query, headers, body: Buffer.from('') }
  return answerEbayOrders(call, of, at)
}

const idsOf = (query: string) =>
  (bodyOf(ask(query))['orders'] as { orderId: string }[]).map(({ orderId }) => orderId)

describe('pages', () => {
  const all = idsOf('')

  test('all of them, each another, the same at each call', () => {
    expect(all).toHaveLength(5)
    expect(new Set(all).size).toBe(5)
    for (const id of all) expect(id).toMatch(/^\d\d-\d{5}-\d{5}$/)
    expect(idsOf('limit=200&filter=creationdate:%5B2026-01-01T00:00:00.000Z..%5D')).toEqual(all)
  })

  test.each<[string, number, number, string | undefined, string | undefined]>([
    ['limit=2', 0, 2, 'limit=2&offset=2', undefined],
    ['limit=2&offset=2', 2, 4, 'limit=2&offset=4', 'limit=2&offset=0'],
    ['limit=2&offset=4', 4, 5, undefined, 'limit=2&offset=2'],
    ['offset=1', 1, 5, undefined, 'offset=0&limit=50'],
    ['offset=9', 9, 9, undefined, 'offset=0&limit=50'],
  ])('%s', (query, from, to, next, prev) => {
    const reply = ask(query)
    expect(reply).toMatchObject({ status: 200, outcome: 'orders listed', account: 'ebay:main' })
    const body = bodyOf(reply)
    expect(idsOf(query)).toEqual(all.slice(from, to))
    const address = (words: string | undefined) =>
      words && `http://127.0.0.1:8080/sell/fulfillment/v1/order?${words}`
    expect([body['total'], body['next'], body['prev']]).toEqual([5, address(next), address(prev)])
  })

  test('another shop has others', () => {
    const headers = {
      authorization: basic('ebay-other-id', 'PRD-secret'),
      'content-type': 'application/x-www-form-urlencoded',
    }
    const body = form({ grant_type: 'refresh_token', refresh_token: 'ebay-other' })
    const issued = bodyOf(answerEbay(ebayCall({ headers, body }), market, NOW))
    const reply = ask('', { authorization: `Bearer ${issued['access_token']}` })
    expect(reply).toMatchObject({ status: 200, account: 'ebay:other' })
    for (const { orderId } of bodyOf(reply)['orders'] as { orderId: string }[])
      expect(all).not.toContain(orderId)
  })

  test('the scope that only reads is enough', () => {
    const { market: of, token: text } = shop([READONLY])
    expect(ask('', { authorization: `Bearer ${text}`, of })).toMatchObject({ status: 200 })
  })
})

test.each<[string, string, Parameters<typeof ask>[1], number, string]>([
  ['a limit of none', 'limit=0', {}, 400, '31100'],
  ['a limit too high', 'limit=201', {}, 400, '31100'],
  ['a limit that is none', 'limit=ten', {}, 400, '31100'],
  ['an offset that is none', 'offset=-1', {}, 400, '31000'],
  ['an unknown token', '', { authorization: 'Bearer v^1.1#x' }, 401, '1001'],
  ['a token that ended', '', { at: NOW + 7200 * 1000 }, 401, '1001'],
  ['a POST', '', { method: 'POST' }, 405, '1005'],
])('%s is refused', (_, query, how, status, outcome) => {
  expect(ask(query, how)).toMatchObject({ status, outcome })
})

test('a consent without either scope is 403 with 1100', () => {
  const { market: of, token: text } = shop(SEEDED_SCOPES.filter(scope => !scope.includes('fulfillment')))
  expect(ask('', { authorization: `Bearer ${text}`, of })).toMatchObject({ status: 403, outcome: '1100' })
})
