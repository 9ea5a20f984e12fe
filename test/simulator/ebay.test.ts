import { describe, expect, test } from 'vitest'
import { answerEbay } from '../../src/simulator/ebay.ts'
import { rotationRule } from '../../src/simulator/rotation.ts'
import type { Call } from '../../src/simulator/wire.ts'
import { basic, bodyOf, EBAY_TOKEN, ebayCall, form, market, NOW } from './calls.ts'

const HEADERS = { 'content-type': 'application/x-www-form-urlencoded' }
const refresh = (values: Record<string, string> = {}) =>
  form({ grant_type: 'refresh_token', refresh_token: EBAY_TOKEN, ...values })

describe('a right refresh', () => {
  test('has three fields, and no refresh token', () => {
    const reply = answerEbay(ebayCall(), market(), NOW)
    expect(reply).toMatchObject({ status: 200, outcome: 'refreshed', account: 'ebay:main', generation: 1 })
    expect(bodyOf(reply)).toEqual({
      access_token: expect.stringMatching(/^v\^1\.1#i\^1#p\^3#r\^1#(?=.*\+)(?=.*\/).*==$/),
      expires_in: 7200,
      token_type: 'User Access Token',
    })
    expect(reply.headers['content-type']).toBe('application/json;charset=UTF-8')
  })

  test.each([
    ['https://api.ebay.com/oauth/api_scope'],
    ['https://api.ebay.com/oauth/api_scope/sell.account https://api.ebay.com/oauth/api_scope/sell.inventory'],
  ])('may ask for scope %s', scope => {
    expect(answerEbay(ebayCall({ body: refresh({ scope }) }), market(), NOW).status).toBe(200)
  })

  test('rotates when it is told to, and says how long the consent has', () => {
    const state = market()
    state.rotation.ebay = rotationRule({ mode: 'strict' })
    const body = bodyOf(answerEbay(ebayCall(), state, NOW))
    expect(body).toMatchObject({
      refresh_token: expect.stringMatching(/^v\^1\.1/),
      refresh_token_expires_in: 40 * 86_400,
    })
    expect(answerEbay(ebayCall(), state, NOW)).toMatchObject({ status: 400, detail: 'spent token' })
  })
})

describe('refusals', () => {
  const cases: [string, Call, number, string, string | null][] = [
    ['GET', ebayCall({ method: 'GET' }), 405, 'invalid_request', 'not a POST'],
    [
      'JSON',
      ebayCall({ headers: { ...ebayCall().headers, 'content-type': 'application/json' } }),
      400,
      'invalid_request',
      'wrong content type',
    ],
    [
      'no content type',
      ebayCall({ headers: { authorization: basic('ebay-id', 'PRD-secret') } }),
      400,
      'invalid_request',
      'wrong content type',
    ],
    ['a query', ebayCall({ query: 'refresh_token=x' }), 400, 'invalid_request', 'parameters in the address'],
    [
      'no Basic',
      ebayCall({ headers: HEADERS }),
      401,
      'invalid_client',
      'no Basic header, or not a whole one',
    ],
    [
      'bad base64',
      ebayCall({ headers: { ...HEADERS, authorization: 'Basic YTpi=' } }),
      401,
      'invalid_client',
      'no Basic header, or not a whole one',
    ],
    [
      'unknown client',
      ebayCall({ headers: { ...HEADERS, authorization: basic('who', 'PRD-secret') } }),
      401,
      'invalid_client',
      'unknown client',
    ],
    [
      'sandbox client',
      ebayCall({ headers: { ...HEADERS, authorization: basic('ebay-sandbox-id', 'PRD-secret') } }),
      401,
      'invalid_client',
      'unknown client',
    ],
    [
      'wrong secret',
      ebayCall({ headers: { ...HEADERS, authorization: basic('ebay-id', 'no') } }),
      401,
      'invalid_client',
      'wrong secret',
    ],
    [
      'no grant_type',
      ebayCall({ body: form({ refresh_token: EBAY_TOKEN }) }),
      400,
      'invalid_request',
      'no grant_type',
    ],
    [
      'other grant_type',
      ebayCall({ body: form({ grant_type: 'password' }) }),
      400,
      'unsupported_grant_type',
      null,
    ],
    [
      'no refresh_token',
      ebayCall({ body: form({ grant_type: 'refresh_token' }) }),
      400,
      'invalid_request',
      'no refresh_token',
    ],
    [
      'a repeated parameter',
      ebayCall({ body: `${refresh()}&grant_type=refresh_token` }),
      400,
      'invalid_request',
      'parameter 3 repeats a name',
    ],
    [
      'wider scope',
      ebayCall({ body: refresh({ scope: 'https://api.ebay.com/oauth/api_scope/buy.order' }) }),
      400,
      'invalid_scope',
      'scope outside the consent',
    ],
    ['unknown token', ebayCall({ token: 'v^1.1#nobody' }), 400, 'invalid_grant', 'unknown token'],
    [
      'a raw plus',
      ebayCall({ body: `grant_type=refresh_token&refresh_token=${EBAY_TOKEN}` }),
      400,
      'invalid_grant',
      'unknown token',
    ],
    [
      'encoded twice',
      ebayCall({ body: refresh({ refresh_token: encodeURIComponent(EBAY_TOKEN) }) }),
      400,
      'invalid_grant',
      'unknown token',
    ],
    ["another app's token", ebayCall({ token: 'ebay-other' }), 400, 'invalid_grant', 'token of another app'],
    ['a sandbox token', ebayCall({ token: 'ebay-sandbox' }), 400, 'invalid_grant', 'token of the sandbox'],
    ['an ended consent', ebayCall({ token: 'ebay-ended' }), 400, 'invalid_grant', 'consent ended'],
  ]
  test.each(cases)('%s', (_, call, status, error, detail) => {
    const reply = answerEbay(call, market(), NOW)
    expect(reply).toMatchObject({ status, outcome: error, detail })
    expect(bodyOf(reply)).toEqual({ error, error_description: expect.any(String) })
  })

  test('in the words that eBay was seen to use', () => {
    const refused = answerEbay(ebayCall({ token: 'ebay-ended' }), market(), NOW)
    expect(bodyOf(refused)['error_description']).toBe(
      'the provided authorization refresh token is invalid or was issued to another client',
    )
    const client = answerEbay(ebayCall({ headers: HEADERS }), market(), NOW)
    expect(bodyOf(client)['error_description']).toBe('client authentication failed')
  })
})

describe('codes', () => {
  const redeem = (code: string, redirectUri = 'Ru_Name') =>
    ebayCall({ body: form({ grant_type: 'authorization_code', code, redirect_uri: redirectUri }) })

  test('a code is exchanged once, for a consent that begins now', () => {
    const state = market()
    const account = state.accounts.get('ebay:main')
    if (account === undefined) throw new Error('no account')
    const { code } = state.codeFor(account, NOW)
    const first = answerEbay(redeem(code), state, NOW)
    expect(bodyOf(first)).toEqual({
      access_token: expect.any(String),
      expires_in: 7200,
      refresh_token: account.consent.current,
      refresh_token_expires_in: 60 * 86_400,
      token_type: 'User Access Token',
    })
    const second = answerEbay(redeem(code), state, NOW)
    expect(second).toMatchObject({ status: 400, outcome: 'invalid_grant', detail: 'code used twice' })
    expect(bodyOf(second)['error_description']).toMatch(/^the provided authorization grant code/)
  })

  test.each([
    ['unknown', (_: string) => redeem('no'), 0, 'unknown code'],
    ['of another RuName', (code: string) => redeem(code, 'No'), 0, 'wrong redirect_uri'],
    ['too old', (code: string) => redeem(code), 299_000, 'code expired'],
    ['encoded twice', (code: string) => redeem(encodeURIComponent(code)), 0, 'code encoded twice'],
  ])('a code that is %s is refused', (_, make, laterMs, detail) => {
    const state = market()
    const account = state.accounts.get('ebay:main')
    if (account === undefined) throw new Error('no account')
    const { code } = state.codeFor(account, NOW)
    expect(answerEbay(make(code), state, NOW + laterMs)).toMatchObject({ status: 400, detail })
  })
})
