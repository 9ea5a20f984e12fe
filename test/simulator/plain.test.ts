/** The plain marketplaces' side of the wire: who is let in, what a code is bound to, how tokens are replaced. */
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PLAIN } from '../../src/simulator/plain-vendors.ts'
import { newcomers, seedApp } from '../../src/simulator/seed.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { PLAIN_VENDORS, type PlainVendor } from '../../src/simulator/vendors.ts'
import { DAY } from '../../src/tokens/time.ts'
import { Browser } from './browser.ts'
import { NOW } from './calls.ts'

const BACK = 'http://127.0.0.1:8765/callback'
const VERIFIER = 'v'.repeat(43)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const APPS = PLAIN_VENDORS.map(vendor => seedApp(vendor, null, { redirectUri: BACK }))

let simulator: Simulator
let now = NOW
beforeEach(async () => {
  now = NOW
  simulator = await startSimulator({
    clock: { now: () => now },
    seed: { apps: APPS, accounts: [], sellers: newcomers(PLAIN_VENDORS) },
  })
})
afterEach(() => simulator.close())

const keysOf = (vendor: PlainVendor) => APPS.find(app => app.marketplace === vendor)?.keys ?? {}
const encoded = (text = '') => encodeURIComponent(text).replaceAll('%20', '+')

interface Proof {
  readonly headers: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, string>>
}

/** The proof of an app, where its vendor wants it. */
function proof(vendor: PlainVendor, keys = keysOf(vendor)): Proof {
  const { clientId = '', clientSecret = '' } = keys
  const basic = Buffer.from(`${encoded(clientId)}:${encoded(clientSecret)}`).toString('base64')
  if (PLAIN[vendor].client === 'basic') return { headers: { authorization: `Basic ${basic}` }, fields: {} }
  const secret = PLAIN[vendor].client === 'form' ? { client_secret: clientSecret } : {}
  return { headers: {}, fields: { client_id: clientId, ...secret } }
}

async function ask(
  vendor: PlainVendor,
  fields: Readonly<Record<string, string>>,
  by: Proof = proof(vendor),
  query = '',
) {
  const answer = await fetch(`${simulator.origin}${PLAIN[vendor].tokenPath}${query}`, {
    method: 'POST',
    headers: by.headers,
    body: new URLSearchParams({ ...by.fields, ...fields }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** The address of the consent page, as a client has to make it. */
const page = (vendor: PlainVendor, change: Readonly<Record<string, string | undefined>> = {}) => {
  const fields = {
    response_type: 'code',
    client_id: keysOf(vendor)['clientId'],
    redirect_uri: BACK,
    scope: 'read',
    state: 'the-state',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...change,
  }
  const given = Object.entries(fields).filter((each): each is [string, string] => each[1] !== undefined)
  return `${simulator.origin}${PLAIN[vendor].consentPath}?${new URLSearchParams(given)}`
}

async function codeOf(vendor: PlainVendor): Promise<string> {
  const { location } = await new Browser().consent(page(vendor), `${vendor}-newcomer`)
  expect(location?.searchParams.get('state')).toBe('the-state')
  return location?.searchParams.get('code') ?? ''
}

const exchange = (code: string, change: Readonly<Record<string, string>> = {}) => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: BACK,
  code_verifier: VERIFIER,
  ...change,
})
const refresh = (token: unknown) => ({ grant_type: 'refresh_token', refresh_token: String(token) })

describe.each(PLAIN_VENDORS)('%s', vendor => {
  test('gives tokens for a code, names the seller in its own place, and takes the code once', async () => {
    const code = await codeOf(vendor)
    const first = await ask(vendor, exchange(code))
    expect(first.status).toBe(200)
    expect(first.body).toMatchObject({ expires_in: PLAIN[vendor].accessSeconds })
    const [seller] = simulator.sellers().filter(each => each.marketplace === vendor)
    const { refresh_token, access_token, user_id } = first.body
    const claims = String(access_token).split('.')[1] ?? ''
    const told = {
      etsy: () => String(refresh_token).split('.')[0],
      allegro: () => JSON.parse(Buffer.from(claims, 'base64url').toString()).user_name,
      mercadolibre: () => String(user_id),
    }
    expect(told[vendor]()).toBe(seller?.sellerId)
    expect(await ask(vendor, exchange(code))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('replaces its refresh token at each use, by its own rule', async () => {
    const first = await ask(vendor, exchange(await codeOf(vendor)))
    const next = await ask(vendor, refresh(first.body['refresh_token']))
    expect(next.status).toBe(200)
    expect(next.body['refresh_token']).not.toBe(first.body['refresh_token'])
    now += 30_000
    const within = await ask(vendor, refresh(first.body['refresh_token']))
    expect(within.status).toBe(vendor === 'allegro' ? 200 : 400)
    now += 31_000
    const after = await ask(vendor, refresh(first.body['refresh_token']))
    expect(after).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await ask(vendor, refresh(next.body['refresh_token']))).status).toBe(200)
  })

  test('gives as long a life again with each refresh, and ends without one', async () => {
    const life = PLAIN[vendor].tokenDays * DAY
    const first = await ask(vendor, exchange(await codeOf(vendor)))
    now += life - DAY
    const next = await ask(vendor, refresh(first.body['refresh_token']))
    now += life - DAY
    const third = await ask(vendor, refresh(next.body['refresh_token']))
    expect(third.status).toBe(200)
    now += life
    expect((await ask(vendor, refresh(third.body['refresh_token']))).body['error']).toBe('invalid_grant')
  })

  test.each([
    ['another verifier', { code_verifier: 'w'.repeat(43) }],
    ['another redirect address', { redirect_uri: 'http://127.0.0.1:8765/other' }],
  ])('refuses a code with %s', async (_, change) => {
    const code = await codeOf(vendor)
    expect(await ask(vendor, exchange(code, change))).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
  })

  test('refuses a code without its verifier, and one that is too old', async () => {
    const { code_verifier: _, ...without } = exchange(await codeOf(vendor))
    expect((await ask(vendor, without)).body['error']).toBe('invalid_grant')
    const late = exchange(await codeOf(vendor))
    now += PLAIN[vendor].codeSeconds * 1000
    expect((await ask(vendor, late)).body['error']).toBe('invalid_grant')
  })

  test('knows its app by the proof in the one right place alone', async () => {
    const { clientId = '', clientSecret = 'x' } = keysOf(vendor)
    const wrong = [
      proof(vendor, { clientId: 'nobody', clientSecret }),
      ...(PLAIN[vendor].client === 'none' ? [] : [proof(vendor, { clientId, clientSecret: 'wrong' })]),
      { headers: {}, fields: {} },
      ...(['etsy', 'allegro', 'mercadolibre'] as const)
        .filter(other => other !== vendor)
        .map(other => proof(other, { clientId, clientSecret })),
    ]
    for (const by of wrong)
      expect(await ask(vendor, refresh('x'), by)).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      })
  })

  test.each<[string, Record<string, string>, string]>([
    ['no grant type', {}, 'unsupported_grant_type'],
    ['a grant it does not know', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no token', { grant_type: 'refresh_token' }, 'invalid_request'],
    ['no code', { grant_type: 'authorization_code' }, 'invalid_request'],
    ['a token of nobody’s', { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant'],
  ])('refuses %s', async (_, fields, error) => {
    expect((await ask(vendor, fields)).body['error']).toBe(error)
  })

  test('refuses a token in the address, and a GET', async () => {
    expect((await ask(vendor, refresh('x'), proof(vendor), '?refresh_token=x')).body['error']).toBe(
      'invalid_request',
    )
    const get = await fetch(`${simulator.origin}${PLAIN[vendor].tokenPath}?refresh_token=x`)
    expect(get.status).toBe(405)
  })

  test.each([
    ['another client', { client_id: 'nobody' }],
    ['another redirect address', { redirect_uri: 'https://evil.example/' }],
    ['another response type', { response_type: 'token' }],
    ['a plain challenge', { code_challenge_method: 'plain' }],
    ['a challenge that is none', { code_challenge: 'short' }],
    ['an endless state', { state: 's'.repeat(2000) }],
  ])('shows no consent page for %s', async (_, change) => {
    expect((await fetch(page(vendor, change))).status).toBe(400)
  })
})

test.each([
  ['etsy', 400],
  ['allegro', 200],
  ['mercadolibre', 200],
] as const)('without a challenge or scopes the page of %s is %d', async (vendor, status) => {
  const bare = { code_challenge: undefined, code_challenge_method: undefined }
  expect((await fetch(page(vendor, bare))).status).toBe(status)
  expect((await fetch(page(vendor, { scope: undefined }))).status).toBe(status)
})

test('a verifier that nobody asked for is refused', async () => {
  const address = page('allegro', { code_challenge: undefined, code_challenge_method: undefined })
  const { location } = await new Browser().consent(address, 'allegro-newcomer')
  const code = location?.searchParams.get('code') ?? ''
  expect((await ask('allegro', exchange(code))).body['error']).toBe('invalid_grant')
})

test('an app without a shop stands in no import document, and its keys can be asked for', async () => {
  await simulator.close()
  simulator = await startSimulator({ clock: { now: () => now } })
  expect(simulator.importDocument().apps.map(({ marketplace }) => marketplace)).toEqual([
    ...['ebay', 'amazon', 'aliexpress'],
  ])
  const keys = await (await fetch(`${simulator.origin}/_simulator/keys/etsy`)).json()
  expect(keys).toEqual({ clientId: expect.stringMatching(/^\w{24}$/), redirectUri: simulator.market.landing })
  expect((await fetch(`${simulator.origin}/_simulator/keys/shopify`)).status).toBe(400)
})
