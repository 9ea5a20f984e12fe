import { describe, expect, test } from 'vitest'
import { answerConsent } from '../../src/simulator/consent.ts'
import { Market } from '../../src/simulator/market.ts'
import { bodyOf, form, NOW, seed } from './calls.ts'

const SCOPES = 'https://api.ebay.com/oauth/api_scope https://api.ebay.com/oauth/api_scope/sell.inventory'
const RIGHT = { client_id: 'ebay-id', redirect_uri: 'Ru_Name', response_type: 'code', scope: SCOPES }

function ask(over: Record<string, string | undefined> = {}, query?: string, given = seed()) {
  const market = new Market(given)
  market.landing = 'http://localhost:1/landed'
  const values = Object.entries({ ...RIGHT, ...over }).filter(([, value]) => value !== undefined)
  return answerConsent(
    'ebay',
    {
      method: 'GET',
      path: '/oauth2/authorize',
      query: query ?? form(Object.fromEntries(values) as Record<string, string>),
      headers: { host: '127.0.0.1:8080' },
      body: Buffer.from(''),
    },
    market,
    NOW,
  )
}

test('a right address is answered with the page, which names the scopes', () => {
  const reply = ask({ locale: 'de-DE', unheard: 'of' })
  expect(reply).toMatchObject({ status: 200, outcome: 'consent page' })
  for (const scope of SCOPES.split(' ')) expect(reply.body).toContain(`<li><code>${scope}</code></li>`)
})

test('state may be left out, and the redirect has none then', () => {
  expect(ask({ state: undefined }).status).toBe(200)
})

describe('refusals are JSON in the window', () => {
  const invalid = ['invalid_request', 400] as const
  test.each<[string, Record<string, string | undefined>, string, number, string]>([
    ['no client', { client_id: undefined }, ...invalid, 'no client_id'],
    ['an unknown client', { client_id: 'who' }, 'unauthorized_client', 401, 'unknown client'],
    [
      'a client of the sandbox',
      { client_id: 'ebay-sandbox-id' },
      'unauthorized_client',
      401,
      'unknown client',
    ],
    ['no RuName', { redirect_uri: undefined }, ...invalid, 'no redirect_uri'],
    ['another RuName', { redirect_uri: 'ru_name' }, ...invalid, 'unknown RuName'],
    [
      'a URL in place of the RuName',
      { redirect_uri: 'http://localhost:1/landed' },
      'temporarily_unavailable',
      500,
      'a URL in place of the RuName',
    ],
    ['no response_type', { response_type: undefined }, ...invalid, 'response_type is not code'],
    ['token', { response_type: 'token' }, ...invalid, 'response_type is not code'],
    ['no scope', { scope: undefined }, ...invalid, 'no scope'],
    ['an empty scope', { scope: '' }, 'invalid_scope', 400, 'unknown scope'],
    ['an unknown scope', { scope: `${SCOPES} sell.inventory` }, 'invalid_scope', 400, 'unknown scope'],
    ['scopes joined by a comma', { scope: SCOPES.replace(' ', ',') }, 'invalid_scope', 400, 'unknown scope'],
    ['scopes encoded twice', { scope: encodeURIComponent(SCOPES) }, 'invalid_scope', 400, 'unknown scope'],
    ['a state without end', { state: 'x'.repeat(1025) }, ...invalid, 'state is too long'],
  ])('%s', (_, over, error, status, detail) => {
    const reply = ask(over)
    expect(reply).toMatchObject({ status, outcome: error, detail })
    expect(reply.headers['content-type']).toBe('application/json;charset=UTF-8')
    expect(bodyOf(reply)).toMatchObject({ error_id: error, http_status_code: status })
  })

  test('of invalid_scope without a description, as it was seen', () => {
    expect(bodyOf(ask({ scope: 'x' }))).toEqual({ error_id: 'invalid_scope', http_status_code: 400 })
  })

  test.each([`${form(RIGHT)}&scope=x`, 'client_id=%', '&'])('an address that cannot be read: %s', query => {
    expect(ask({}, query)).toMatchObject({ status: 400, outcome: 'invalid_request' })
  })
})

test('who declines goes where the RuName says', () => {
  const given = seed()
  const apps = given.apps.map(app => ({ ...app, declinedUri: 'https://shop.example/no' }))
  const market = new Market({ ...given, apps })
  market.registered = 'https://shop.example/yes'
  const call = (body: string) => ({
    method: 'POST',
    path: '/oauth2/authorize',
    query: form(RIGHT),
    headers: { host: '127.0.0.1:8080', 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(body),
  })
  const declined = answerConsent('ebay', call('decision=decline'), market, NOW)
  expect(declined.headers['location']).toMatch(/^https:\/\/shop\.example\/no\?error=access_denied&/)
  expect(declined.headers['location']).not.toContain('state')
  const agreed = answerConsent('ebay', call('decision=agree&seller=ebay-newcomer'), market, NOW)
  expect(agreed.headers['location']).toMatch(
    /^https:\/\/shop\.example\/yes\?code=v%5E1\.1%23.*&expires_in=299$/,
  )
})
