import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import type { ConsentRequest } from '../../../src/marketplaces/adapter.ts'
import { ebay } from '../../../src/marketplaces/ebay/index.ts'
import { login } from '../../../src/marketplaces/ebay/login.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { type Caught, catchRefresh, sendWithFetch } from '../catch-refresh.ts'
import { asKeys, NOW, reveal, thrownBy } from '../samples.ts'
import { CODE, INVALID_CODE, ISSUED, REPLY } from './login-samples.ts'

const APP = {
  clientId: 'ShopTool-Sync-PRD-0aBcDeF12-34567890',
  clientSecret: 'PRD-CANARY0aBcDeF-1234',
  ruName: 'Shop_Tool-ShopTool-Sync-abcdef',
}

function consent(changes: Partial<ConsentRequest> = {}): ConsentRequest {
  return {
    app: asKeys(APP),
    state: new Secret('s/t+a=t e'),
    destination: { environment: 'production', origin: ebay.origins.production },
    region: null,
    sellerCentral: null,
    isDraft: false,
    ...changes,
  }
}

const QUERY =
  'client_id=ShopTool-Sync-PRD-0aBcDeF12-34567890&redirect_uri=Shop_Tool-ShopTool-Sync-abcdef&response_type=code' +
  '&scope=https%3A%2F%2Fapi.ebay.com%2Foauth%2Fapi_scope%2Fsell.inventory%20https%3A%2F%2Fapi.ebay.com%2Foauth%2Fapi_scope%2Fsell.fulfillment%20https%3A%2F%2Fapi.ebay.com%2Foauth%2Fapi_scope%2Fcommerce.identity.readonly' +
  '&state=s%2Ft%2Ba%3Dt%20e&prompt=login'

describe('the address of eBay’s consent page', () => {
  test.each([
    ['production', 'https://api.ebay.com', 'https://auth.ebay.com'],
    ['sandbox', 'https://api.sandbox.ebay.com', 'https://auth.sandbox.ebay.com'],
    ['local', 'http://127.0.0.1:4711', 'http://127.0.0.1:4711'],
  ] as const)('in %s, byte for byte', (environment, origin, host) => {
    const address = login.authorizeUrl(consent({ destination: { environment, origin } }))
    expect(address).toBe(`${host}/oauth2/authorize?${QUERY}`)
  })

  it('asks for the app’s own scopes, each once encoded, where it has some', () => {
    const scopes = 'https://api.ebay.com/oauth/api_scope https://api.ebay.com/oauth/api_scope/sell.account'
    const address = login.authorizeUrl(consent({ app: asKeys({ ...APP, scopes }) }))
    expect(new URL(address).searchParams.get('scope')).toBe(scopes)
    expect(address).toContain('api_scope%20https%3A%2F%2F')
  })

  it('needs the RuName, and tells it from an address', () => {
    const { ruName: _, ...app } = APP
    const error = thrownBy(() => login.authorizeUrl(consent({ app: asKeys(app) })))
    expect(error.message).toBe('The ebay app has no `ruName`.')
    expect(error.fix).toMatch(/User Tokens .*not an address.*`tokenctl app set ebay`\.$/)
  })
})

describe('what eBay’s redirect says', () => {
  const read = (query: string) => login.readRedirect(new Map(new URLSearchParams(query)))

  it('is the documented example, decoded once', () => {
    expect(read('state=x&code=v%5E1.1%23i%5E1%23NjA%3D&expires_in=299').code.reveal()).toBe('v^1.1#i^1#NjA=')
  })

  it('may come by eBay’s own landing page', () => {
    expect(read('isAuthSuccessful=true&state=x&code=v%5E1.1%23i%5E1&expires_in=299').code.reveal()).toBe(
      'v^1.1#i^1',
    )
  })

  it('is a refusal on eBay’s own landing page', () => {
    expect(thrownBy(() => read('isAuthSuccessful=false')).code).toBe('CONSENT_DENIED')
  })

  test.each([
    ['v%255E1.1%2523i%255E1', /encoded twice/],
    ['Atzr|IwEB', /^This is no code of eBay's: those begin with `v\^1\.1`\.$/],
    [`v^1.1#${'A'.repeat(1019)}`, /longer than 1024/],
  ])('is no code: %s', (code, says) => {
    expect(thrownBy(() => read(`code=${code}`)).message).toMatch(says)
  })

  it('may have a code of 1024 characters', () => {
    expect(login.readRedirect(new Map([['code', `v^1.1#${'A'.repeat(1018)}`]])).code.reveal()).toHaveLength(
      1024,
    )
  })
})

describe('the bytes that eBay gets for a code', () => {
  beforeEach(() => nock.disableNetConnect())
  afterEach(() => nock.cleanAll())

  it.each(['production', 'sandbox'] as const)('are exact, in %s', async environment => {
    const origin = ebay.origins[environment] ?? ''
    const caught: Caught[] = []
    catchRefresh(origin, '/identity/v1/oauth2/token', 200, REPLY, caught)
    const input = { app: asKeys(APP), code: new Secret(CODE), now: NOW, origin }
    const response = await sendWithFetch(login.redeem.request(input))
    expect(caught).toEqual([
      {
        method: 'POST',
        url: `${origin}/identity/v1/oauth2/token`,
        body: 'grant_type=authorization_code&code=v%5E1.1%23i%5E1%23f%5E0%23r%5E1%23I%5E3%23p%5E3%23t%5ECANARY%2BUl41%2FXzY6RjVF%3D%3D&redirect_uri=Shop_Tool-ShopTool-Sync-abcdef',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
          authorization:
            'Basic U2hvcFRvb2wtU3luYy1QUkQtMGFCY0RlRjEyLTM0NTY3ODkwOlBSRC1DQU5BUlkwYUJjRGVGLTEyMzQ=',
        },
      },
    ])
    expect(reveal(login.redeem.read(response, input))).toStrictEqual(ISSUED)
    expect(nock.isDone()).toBe(true)
  })

  it('bring a refusal that speaks of the code', async () => {
    nock('https://api.ebay.com').post('/identity/v1/oauth2/token').reply(400, INVALID_CODE)
    const input = { app: asKeys(APP), code: new Secret(CODE), now: NOW, origin: ebay.origins.production }
    const response = await sendWithFetch(login.redeem.request(input))
    const error = thrownBy(() => login.redeem.read(response, input))
    expect(error.message).toBe('eBay refused the code of the consent (invalid_grant, HTTP 400).')
    expect(error.fix).toMatch(/once, for 299 seconds, and only with the app, RuName and environment/)
    expect(nock.isDone()).toBe(true)
  })
})

test('a code of eBay’s lives for 299 seconds', () => {
  expect([login.codeSeconds, login.codeParameter]).toEqual([299, 'code'])
})
