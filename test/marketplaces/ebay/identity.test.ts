import * as fc from 'fast-check'
import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { identityCall } from '../../../src/marketplaces/ebay/identity.ts'
import { ebay } from '../../../src/marketplaces/ebay/index.ts'
import { login } from '../../../src/marketplaces/ebay/login.ts'
import { IDENTITY_SCOPE } from '../../../src/marketplaces/ebay/scopes.ts'
import type { HttpResponse } from '../../../src/platform/http.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { sameSeller } from '../../../src/tokens/seller.ts'
import { expectNoSecret } from '../../contracts/answers.ts'
import { sendWithFetch } from '../catch-refresh.ts'
import { answer, asKeys, thrownBy } from '../samples.ts'

const TOKEN = 'v^1.1#i^1#p^3#r^0#CANARY+/=='
// By the specification's names; the account's container is left out, as nothing of it is read.
const REPLY = {
  userId: 'Aj5ZsdpbTQm',
  username: 'shop-4711',
  accountType: 'BUSINESS',
  registrationMarketplaceId: 'EBAY_DE',
  businessAccount: { name: 'A Shop', email: 'a-person@example.com' },
}
const PRODUCTION = { environment: 'production', origin: ebay.origins.production } as const
const call = identityCall(PRODUCTION)
const read = (response: HttpResponse) => call.read(response, new Secret(TOKEN))

describe('the question whose an access token is', () => {
  test.each([
    ['production', 'https://api.ebay.com', 'https://apiz.ebay.com/commerce/identity/v1/user/'],
    ['sandbox', 'https://api.sandbox.ebay.com', 'https://apiz.sandbox.ebay.com/commerce/identity/v1/user/'],
    ['local', 'http://127.0.0.1:4711', 'http://127.0.0.1:4711/commerce/identity/v1/user/'],
  ] as const)('in %s', (environment, origin, url) => {
    expect(identityCall({ environment, origin }).request(new Secret(TOKEN))).toEqual({
      method: 'GET',
      url,
      headers: { authorization: `Bearer ${TOKEN}`, accept: 'application/json' },
      body: '',
    })
  })

  test.each([
    ['no scopes of its own', {}, true],
    ['the scope among its own', { scopes: `https://api.ebay.com/oauth/api_scope ${IDENTITY_SCOPE}` }, true],
    ['scopes without it', { scopes: 'https://api.ebay.com/oauth/api_scope/sell.inventory' }, false],
  ])('is asked only where the consent covers it: an app with %s', (_, app, asked) => {
    expect(login.identity?.(asKeys(app), PRODUCTION) !== undefined).toBe(asked)
  })
})

describe('its answer', () => {
  test.each<[string, object, string]>([
    ['id and name', REPLY, 'shop-4711 (Aj5ZsdpbTQm)'],
    ['an id alone', { userId: 'Aj5ZsdpbTQm' }, 'Aj5ZsdpbTQm'],
    ['an id in the name’s place', { userId: 'Aj5ZsdpbTQm', username: 'Aj5ZsdpbTQm' }, 'Aj5ZsdpbTQm'],
    ['a name with spaces', { ...REPLY, username: 'a (b) c' }, 'Aj5ZsdpbTQm'],
    ['a name that is none', { ...REPLY, username: 4711 }, 'Aj5ZsdpbTQm'],
    ['a name that a screen would obey', { ...REPLY, username: '\u001b[2J' }, 'Aj5ZsdpbTQm'],
    ['an endless name', { ...REPLY, username: 'a'.repeat(65) }, 'Aj5ZsdpbTQm'],
    ['the token as a name', { ...REPLY, username: TOKEN }, 'Aj5ZsdpbTQm'],
  ])('with %s', (_, body, seller) => {
    const told = read(answer(200, body))
    expect(told).toBe(seller)
    expect(sameSeller(told, 'Aj5ZsdpbTQm')).toBe(true)
  })

  const ERROR = { errors: [{ errorId: 1100, domain: 'ACCESS', message: TOKEN }] }
  test.each<[string, HttpResponse, string, string, number?]>([
    ['an answer without an id', answer(200, { username: 'shop-4711' }), 'REPLY_MALFORMED', 'transient'],
    ['an empty id', answer(200, { userId: '' }), 'REPLY_MALFORMED', 'transient'],
    ['an id that is none', answer(200, { userId: 'a b' }), 'REPLY_MALFORMED', 'transient'],
    ['the token as an id', answer(200, { userId: TOKEN }), 'REPLY_MALFORMED', 'transient'],
    ['a page under 200', answer(200, '<html></html>'), 'REPLY_MALFORMED', 'transient'],
    ['204', answer(204, ''), 'REPLY_MALFORMED', 'transient'],
    ['a page under 403', answer(403, '<html></html>'), 'REPLY_MALFORMED', 'transient'],
    [
      'a token that is refused',
      answer(401, { errors: [{ errorId: 1001 }] }),
      'CLIENT_REJECTED',
      'configuration',
    ],
    ['a scope that is missing', answer(403, ERROR), 'CLIENT_REJECTED', 'configuration'],
    ['nobody there', answer(404, ''), 'CLIENT_REJECTED', 'configuration'],
    ['too many', answer(429, '', { 'retry-after': '60' }), 'RATE_LIMITED', 'transient', 60_000],
    [
      'too many, until a date',
      answer(429, '', {
        'retry-after': 'Sun, 22 Nov 2026 10:05:00 GMT',
        date: 'Sun, 22 Nov 2026 10:00:00 GMT',
      }),
      'RATE_LIMITED',
      'transient',
      300_000,
    ],
    [
      'too many, until a date, by nobody’s clock',
      answer(429, '', { 'retry-after': 'Sun, 22 Nov 2026 10:05:00 GMT' }),
      'RATE_LIMITED',
      'transient',
      0,
    ],
    ['a fault', answer(500, ERROR), 'MARKETPLACE_DOWN', 'transient'],
    ['a slow one', answer(408, ''), 'MARKETPLACE_DOWN', 'transient'],
  ])('%s: %s', (_, response, code, failure, retryAfterMs) => {
    const error = thrownBy(() => read(response))
    expect([error.code, error.failure, error.retryAfterMs]).toEqual([code, failure, retryAfterMs])
    expect(error.message).toMatch(/^eBay .+ \((\d+, )?HTTP \d{3}\)\.$/)
    expect(error.fix).toMatch(/\.$/)
    expectNoSecret(error, [TOKEN])
  })

  it('names the scope where it is missing', () => {
    const error = thrownBy(() => read(answer(403, ERROR, { rlogid: 't6q-19b' })))
    expect(error.message).toBe('eBay does not let this app ask whose shop it is (1100, HTTP 403).')
    expect(error.fix).toContain('commerce.identity.readonly')
    expect(error.requestId).toBe('t6q-19b')
  })

  it('of any bytes is a seller or a failure that never says the consent was spent', () => {
    const member = fc.oneof(fc.string(), fc.constant(TOKEN), fc.jsonValue({ maxDepth: 2 }))
    const members = fc.dictionary(fc.constantFrom('userId', 'username', 'errors'), member)
    const body = fc.oneof(
      members.map(given => JSON.stringify(given)),
      fc.string(),
      fc.json(),
    )
    const status = fc.constantFrom(200, 200, 204, 302, 400, 401, 403, 404, 418, 429, 500, 503)
    fc.assert(
      fc.property(status, body, fc.string(), (code, text, retryAfter) => {
        const response = answer(code, text, { 'retry-after': retryAfter, rlogid: TOKEN })
        try {
          expect(read(response)).toMatch(/^\S+( \(\S+\))?$/)
        } catch (thrown) {
          const error = thrownBy(() => {
            throw thrown
          })
          expect(['transient', 'configuration']).toContain(error.failure)
          expect(error.cause).toBeUndefined()
          expectNoSecret(error, [TOKEN])
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('over the wire', () => {
  beforeEach(() => nock.disableNetConnect())
  afterEach(() => nock.cleanAll())

  it('the token goes in the header alone', async () => {
    nock('https://apiz.ebay.com', { reqheaders: { authorization: `Bearer ${TOKEN}` } })
      .get('/commerce/identity/v1/user/')
      .reply(200, REPLY)
    expect(read(await sendWithFetch(call.request(new Secret(TOKEN))))).toBe('shop-4711 (Aj5ZsdpbTQm)')
    expect(nock.isDone()).toBe(true)
  })
})
