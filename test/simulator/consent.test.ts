import { afterEach, describe, expect, test } from 'vitest'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts'
import type { VENDORS } from '../../src/simulator/vendors.ts'
import { attributes, Browser } from './browser.ts'
import { aliexpressFields, amazonFields, basic, form, NOW, seed } from './calls.ts'

/** Those whose wire is a side of its own; `plain.test.ts` has the others. */
type Vendor = (typeof VENDORS)[number]

let running: Simulator | undefined
afterEach(() => running?.close())

const CALLBACK = 'http://127.0.0.1:8765/callback'
const SELL = 'https://api.ebay.com/oauth/api_scope/sell.account'

async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  running = await startSimulator({
    clock: { now: () => NOW },
    seed: seed(),
    redirectUri: CALLBACK,
    ...options,
  })
  return running
}

const ASKED: Record<Vendor, readonly [path: string, parameters: Record<string, string>]> = {
  ebay: [
    '/oauth2/authorize',
    { client_id: 'ebay-id', redirect_uri: 'Ru_Name', response_type: 'code', scope: SELL, state: 's+1/%' },
  ],
  amazon: ['/apps/authorize/consent', { application_id: 'amzn1.sp.solution.one', state: 's+1/%' }],
  aliexpress: [
    '/oauth/authorize',
    { client_id: '500102', redirect_uri: CALLBACK, response_type: 'code', state: 's+1/%' },
  ],
}
const FRESH: Record<Vendor, Record<string, string>> = {
  ebay: { prompt: 'login' },
  amazon: {},
  aliexpress: { force_auth: 'true' },
}

function addressOf(
  simulator: Simulator,
  vendor: Vendor,
  over: Record<string, string | undefined> = {},
): string {
  const [path, parameters] = ASKED[vendor]
  const given = Object.entries({ ...parameters, ...over }).filter(([, value]) => value !== undefined)
  return `${simulator.origin}${path}?${form(Object.fromEntries(given) as Record<string, string>)}`
}

const vendors = ['ebay', 'amazon', 'aliexpress'] as const
const CODE_NAME: Record<Vendor, string> = { ebay: 'code', amazon: 'spapi_oauth_code', aliexpress: 'code' }

/** Exchanges a code as a right client does. */
async function exchange(
  simulator: Simulator,
  vendor: Vendor,
  code: string,
): Promise<Record<string, unknown>> {
  const grant = { grant_type: 'authorization_code', code }
  const { refresh_token: _, ...keys } = amazonFields()
  const path = '/auth/token/create'
  const sent: Record<Vendor, readonly [string, Record<string, string>]> = {
    ebay: ['/identity/v1/oauth2/token', { ...grant, redirect_uri: 'Ru_Name' }],
    amazon: ['/auth/o2/token', { ...keys, ...grant }],
    aliexpress: [`/rest${path}`, aliexpressFields({ code }, path)],
  }
  const headers = { authorization: basic('ebay-id', 'PRD-secret') }
  const body = new URLSearchParams(sent[vendor][1])
  const reply = await fetch(simulator.origin + sent[vendor][0], { method: 'POST', headers, body })
  return (await reply.json()) as Record<string, unknown>
}

describe.each(vendors)('%s', vendor => {
  test('shows who asks and every seller, and takes the choice', async () => {
    const simulator = await start()
    const address = addressOf(simulator, vendor)
    const { status, headers, body } = await new Browser().open(address)
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http://127.0.0.1:8765; frame-ancestors 'none'",
    )
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).not.toContain('<script')
    const sellers = simulator.sellers().filter(each => each.marketplace === vendor)
    expect(sellers.at(-1)).toMatchObject({ seller: `${vendor}-newcomer`, accounts: [] })
    expect(attributes(body, /<input type="radio" name="seller"[^>]*>/g, 'value')).toEqual(
      sellers.map(({ seller }) => seller),
    )
    expect(attributes(body, /<button name="decision"[^>]*>/g, 'value')).toEqual(['agree', 'decline'])
    expect(attributes(body, /<form method="post"[^>]*>/g, 'action')[0]).toBe(
      address.slice(simulator.origin.length),
    )
  })

  test('sends the browser back with state and a code, each encoded once, that is exchanged for the seller who agreed', async () => {
    const simulator = await start()
    const [seller] = simulator.sellers().filter(each => each.accounts.includes(`${vendor}:main`))
    const back = await new Browser().consent(addressOf(simulator, vendor), seller?.seller ?? '')
    expect(back.status).toBe(302)
    expect(back.location?.href.startsWith(`${CALLBACK}?state=s%2B1%2F%25&`)).toBe(true)
    const answer = Object.fromEntries(back.location?.searchParams ?? [])
    const names = {
      ebay: ['code', 'expires_in'],
      amazon: ['selling_partner_id', 'spapi_oauth_code'],
      aliexpress: ['code'],
    }
    expect(Object.keys(answer)).toEqual(['state', ...names[vendor]])
    expect(answer['state']).toBe('s+1/%')
    const shape = { ebay: /^v\^1\.1#.*\+.*=$/s, amazon: /^\w{18}$/, aliexpress: /^3_500102_\w{25}$/ }
    const code = answer[CODE_NAME[vendor]] ?? ''
    expect(code).toMatch(shape[vendor])
    const issued = await exchange(simulator, vendor, code)
    expect(simulator.whose(String(issued['access_token']))?.account).toBe(`${vendor}:main`)
    if (vendor === 'ebay') {
      expect(answer['expires_in']).toBe('299')
      expect(issued['refresh_token_expires_in']).toBe(60 * 86_400)
    }
    if (vendor === 'amazon') expect(answer['selling_partner_id']).toBe(seller?.sellerId)
    if (vendor === 'aliexpress') {
      expect(issued).toMatchObject({ user_nick: seller?.seller, seller_id: seller?.sellerId })
    }
  })

  test('a seller who was none before becomes an account by the exchange', async () => {
    const simulator = await start()
    const back = await new Browser().consent(addressOf(simulator, vendor), `${vendor}-newcomer`)
    expect(simulator.accounts().some(each => each.account === `${vendor}:newcomer`)).toBe(false)
    const issued = await exchange(simulator, vendor, back.location?.searchParams.get(CODE_NAME[vendor]) ?? '')
    const account = simulator.accounts().find(each => each.account === `${vendor}:newcomer`)
    const lifeDays = { ebay: 547.5, amazon: 365, aliexpress: 60 }[vendor]
    expect(account).toMatchObject({ seller: `${vendor}-newcomer`, state: 'alive', generation: 1 })
    expect(Date.parse(account?.consentUntil ?? '') - NOW).toBe(lifeDays * 86_400_000)
    const imported = simulator.importDocument().accounts.find(each => each.account === `${vendor}:newcomer`)
    expect(imported?.refreshToken).toBe(issued['refresh_token'])
    const again = await new Browser().consent(addressOf(simulator, vendor), `${vendor}-newcomer`)
    await exchange(simulator, vendor, again.location?.searchParams.get(CODE_NAME[vendor]) ?? '')
    expect(simulator.accounts().filter(each => each.seller === `${vendor}-newcomer`)).toHaveLength(1)
  })

  test('stays signed in as the last seller, unless it is asked for a fresh sign-in', async () => {
    const simulator = await start()
    const browser = new Browser()
    await browser.consent(addressOf(simulator, vendor), `${vendor}-newcomer`)
    const next = await browser.open(addressOf(simulator, vendor))
    expect(next.body).toContain(`Signed in as <strong>${vendor}-newcomer</strong>`)
    expect(attributes(next.body, /<input type="radio"[^>]*>/g, 'value')).toEqual([])
    const mistaken = await browser.consent(addressOf(simulator, vendor), `${vendor}-newcomer`)
    const issued = await exchange(
      simulator,
      vendor,
      mistaken.location?.searchParams.get(CODE_NAME[vendor]) ?? '',
    )
    expect(simulator.whose(String(issued['access_token']))?.account).toBe(`${vendor}:newcomer`)
    const fresh = await browser.open(addressOf(simulator, vendor, FRESH[vendor]))
    expect(fresh.body.includes('Sign in as')).toBe(vendor !== 'amazon')
    const other = attributes(next.body, /<a id="switch"[^>]*>/g, 'href')[0]
    expect(other === undefined).toBe(vendor !== 'amazon')
    if (other !== undefined)
      expect((await browser.open(simulator.origin + other)).body).toContain('Sign in as')
    const stranger = await new Browser().open(addressOf(simulator, vendor))
    expect(stranger.body).toContain('Sign in as')
  })

  test('a seller who declines sends the browser back without a code', async () => {
    const simulator = await start()
    const back = await new Browser().consent(addressOf(simulator, vendor), null, 'decline')
    expect(back.location?.href.startsWith(`${CALLBACK}?error=access_denied&`)).toBe(true)
    expect(Object.fromEntries(back.location?.searchParams ?? [])).toEqual({
      error: 'access_denied',
      error_description: expect.any(String),
      state: 's+1/%',
    })
  })

  test.each([
    [{ decision: 'agree' }, /Choose who to sign in as/],
    [{ decision: 'agree', seller: 'nobody' }, /Choose who to sign in as/],
    [{ seller: `${vendor}-newcomer` }, /Press one of the two buttons/],
    [{ decision: 'maybe', seller: `${vendor}-newcomer` }, /Press one of the two buttons/],
  ])('the form %j is refused with words', async (values, words) => {
    const simulator = await start()
    const reply = await new Browser().open(addressOf(simulator, vendor), values as Record<string, string>)
    expect([reply.status, reply.location]).toEqual([400, null])
    expect(reply.body).toMatch(words)
  })

  test('is logged by what was decided, without code, state or token', async () => {
    const simulator = await start()
    const back = await new Browser().consent(addressOf(simulator, vendor), `${vendor}-newcomer`)
    await new Browser().consent(addressOf(simulator, vendor), null, 'decline')
    await new Browser().open(addressOf(simulator, vendor, { state: 'x'.repeat(1025) }))
    const log = simulator.requests()
    expect(log.map(({ marketplace, method, outcome }) => [marketplace, method, outcome]).slice(0, 4)).toEqual(
      [
        [vendor, 'GET', 'consent page'],
        [vendor, 'POST', 'agreed'],
        [vendor, 'GET', 'consent page'],
        [vendor, 'POST', 'declined'],
      ],
    )
    expect(log[4]).toMatchObject({ status: 400, detail: 'state is too long' })
    const text = JSON.stringify(log)
    const code = back.location?.searchParams.get(CODE_NAME[vendor]) ?? 'no code'
    for (const secret of [code, encodeURIComponent(code), 's+1', 'xxx']) expect(text).not.toContain(secret)
  })

  test('answers nobody from elsewhere, and nothing but GET and POST', async () => {
    const simulator = await start()
    const address = addressOf(simulator, vendor)
    for (const origin of ['https://evil.example', 'null']) {
      const reply = await fetch(address, { method: 'POST', headers: { origin }, redirect: 'manual' })
      expect(reply.status).toBe(403)
    }
    for (const method of ['HEAD', 'PUT']) expect((await fetch(address, { method })).status).toBe(405)
  })

  test('shows nothing of a request unescaped', async () => {
    const simulator = await start()
    const { body } = await new Browser().open(`${addressOf(simulator, vendor)}&x="><script>`)
    expect(body).toContain('<form method="post"')
    expect(body).not.toContain('"><script')
  })
})

test('a consent without an address of the app’s own ends on a page that shows nothing of the answer', async () => {
  const simulator = await startSimulator({ clock: { now: () => NOW }, seed: seed() })
  running = simulator
  const back = await new Browser().consent(addressOf(simulator, 'ebay'), 'ebay-newcomer')
  expect(back.location?.origin).toBe(`http://localhost:${simulator.port}`)
  expect(back.location?.pathname).toBe('/_simulator/landed')
  const landed = await new Browser().open(back.location?.href ?? '')
  expect(landed.status).toBe(200)
  expect(landed.body).toContain('Copy the whole address of this page')
  for (const shown of [landed.body, JSON.stringify(simulator.requests())])
    expect(shown).not.toContain('v^1.1')
  expect(landed.headers.get('referrer-policy')).toBe('no-referrer')
  expect(simulator.requests().at(-1)).toMatchObject({ outcome: 'landed', path: '/_simulator/landed' })
})

test('an address with a query of its own keeps it', async () => {
  const simulator = await start({ redirectUri: 'https://shop.example/back?x=1' })
  const back = await new Browser().consent(addressOf(simulator, 'ebay'), 'ebay-newcomer')
  expect(back.location?.href).toMatch(/^https:\/\/shop\.example\/back\?x=1&state=/)
})

test.each(['callback', 'ftp://x/y', 'http://'])(
  'a redirect address that is none is refused: %s',
  async redirectUri => {
    await expect(start({ redirectUri })).rejects.toMatchObject({ code: 'USAGE' })
  },
)
