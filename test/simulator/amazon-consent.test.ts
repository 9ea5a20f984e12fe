import { describe, expect, test } from 'vitest'
import { answerConsent } from '../../src/simulator/consent.ts'
import { Market } from '../../src/simulator/market.ts'
import type { SeedApp } from '../../src/simulator/seed.ts'
import { form, NOW, seed } from './calls.ts'

const ID = 'amzn1.sp.solution.one'
const RIGHT = { application_id: ID, state: 's' }
const BACK = 'https://shop.example/back'

function marketOf(app: Partial<SeedApp> = {}): Market {
  const given = seed()
  const apps = given.apps.map(each => (each.marketplace === 'amazon' ? { ...each, ...app } : each))
  const market = new Market({ ...given, apps })
  market.registered = BACK
  return market
}

function ask(over: Record<string, string | undefined> = {}, market = marketOf()) {
  const values = Object.entries({ ...RIGHT, ...over }).filter(([, value]) => value !== undefined)
  return answerConsent(
    'amazon',
    {
      method: 'GET',
      path: '/apps/authorize/consent',
      query: form(Object.fromEntries(values) as Record<string, string>),
      headers: { host: '127.0.0.1:8080' },
      body: Buffer.from(''),
    },
    market,
    NOW,
  )
}

describe('the page is shown', () => {
  test.each<[string, Record<string, string>, Partial<SeedApp>]>([
    ['without a redirect address', {}, {}],
    ['with the registered one', { redirect_uri: BACK }, {}],
    ['for a draft with version=beta', { version: 'beta' }, { isDraft: true }],
  ])('%s', (_, over, app) => {
    expect(ask(over, marketOf(app))).toMatchObject({ status: 200, outcome: 'consent page' })
  })
})

describe('refusals are pages with a number', () => {
  test.each<[string, Record<string, string | undefined>, Partial<SeedApp>, string]>([
    ['no application', { application_id: undefined }, {}, 'unknown application'],
    ['another', { application_id: 'amzn1.sp.solution.two' }, {}, 'unknown application'],
    ['the client id in its place', { application_id: 'amzn1.id' }, {}, 'unknown application'],
    ['a private app', {}, { keys: { clientId: 'amzn1.id', clientSecret: 's' } }, 'unknown application'],
    ['undefined of a private app', { application_id: undefined }, { keys: {} }, 'unknown application'],
    ['a draft without version=beta', {}, { isDraft: true }, 'MD1000'],
    ['version=beta of a published app', { version: 'beta' }, {}, 'not a draft'],
    ['no state', { state: undefined }, {}, 'no state'],
    ['an empty state', { state: '' }, {}, 'no state'],
    ['another address', { redirect_uri: `${BACK}/` }, {}, 'MD5101'],
    ['a fragment', { redirect_uri: `${BACK}#x` }, {}, 'MD5110'],
    ['a state without end', { state: 'x'.repeat(1025) }, {}, 'malformed'],
  ])('%s', (_, over, app, error) => {
    const reply = ask(over, marketOf(app))
    expect(reply).toMatchObject({ status: 400, outcome: error })
    expect(reply.body).toContain(`Error: <code>${error}</code>`)
  })
})

describe('the exchange', () => {
  function code(market: Market, redirectUri?: string): string {
    const reply = answerConsent(
      'amazon',
      {
        method: 'POST',
        path: '/apps/authorize/consent',
        query: form({ ...RIGHT, ...(redirectUri !== undefined && { redirect_uri: redirectUri }) }),
        headers: { host: '127.0.0.1:8080', 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from('decision=agree&seller=amazon-newcomer'),
      },
      market,
      NOW,
    )
    return new URL(reply.headers['location'] ?? '').searchParams.get('spapi_oauth_code') ?? ''
  }

  test.each<[string | undefined, string | null, string | undefined]>([
    [BACK, BACK, undefined],
    [BACK, null, 'wrong redirect_uri'],
    [BACK, `${BACK}/`, 'wrong redirect_uri'],
    [undefined, null, undefined],
    [undefined, BACK, undefined],
  ])('of a consent with redirect_uri %s and %s with the code: %s', (asked, named, refused) => {
    const market = marketOf()
    const app = market.appOf('amazon', 'amzn1.id')
    if (app === undefined) throw new Error('no app')
    const result = market.redeem(app, code(market, asked), named, NOW)
    expect('refused' in result ? result.refused : undefined).toBe(refused)
  })
})
