/**
 * Each marketplace's consent from the address to the tokens, on the simulated marketplaces, which are as strict about it
 * as the vendors' pages say.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConsentRequest, LoginFlow, MarketplaceAdapter } from '../../src/marketplaces/adapter.ts'
import { findMarketplace } from '../../src/marketplaces/registry.ts'
import { readRedirectedAddress } from '../../src/oauth/redirected-address.ts'
import { newcomers, type SeedApp, seedApp } from '../../src/simulator/seed.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { ALL_VENDORS, isPlain, type Vendor } from '../../src/simulator/vendors.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { Browser } from '../simulator/browser.ts'
import { sendWithFetch } from './catch-refresh.ts'
import { asKeys, NOW, thrownBy } from './samples.ts'

const BACK = 'http://127.0.0.1:8765/callback'
const STATE = 'state-_0123456789'
const verifier = new Secret('verifier-_0123456789-0123456789-0123456789-')

let simulator: Simulator
let now: number
const start = async (changes: Partial<SeedApp> = {}) => {
  const apps = ALL_VENDORS.map(vendor => ({ ...seedApp(vendor, null, { redirectUri: BACK }), ...changes }))
  now = NOW
  simulator = await startSimulator({
    clock: { now: () => now },
    seed: { apps, accounts: [], sellers: newcomers(ALL_VENDORS) },
  })
}
beforeEach(() => start())
afterEach(() => simulator.close())

interface Consent {
  readonly vendor: Vendor
  readonly adapter: MarketplaceAdapter
  readonly login: LoginFlow
  readonly request: ConsentRequest
}

async function consentOf(vendor: Vendor, isDraft = false): Promise<Consent> {
  const adapter = findMarketplace(vendor)
  const login = await adapter.login?.()
  const { apps } = simulator.importDocument() as {
    apps: readonly { marketplace: string; keys: Record<string, string> }[]
  }
  const app = apps.find(({ marketplace }) => marketplace === vendor)
  if (login === undefined || app === undefined) throw new Error(`no login of ${vendor}`)
  const destination = { environment: 'local', origin: simulator.origin } as const
  const state = new Secret(STATE)
  const about = { region: null, sellerCentral: null, isDraft, verifier }
  const request = { app: asKeys(app.keys), state, destination, ...about }
  return { vendor, adapter, login, request }
}

/** What the browser brings back when the seller decides. */
async function answered({ vendor, login, request }: Consent, decision?: 'agree' | 'decline') {
  const { location } = await new Browser().consent(
    login.authorizeUrl(request),
    `${vendor}-newcomer`,
    decision,
  )
  return readRedirectedAddress(String(location)).parameters
}

async function exchanged({ login, request }: Consent, code: Secret) {
  const input = { app: request.app, code, verifier, now, origin: request.destination.origin }
  return login.redeem.read(await sendWithFetch(login.redeem.request(input)), input)
}

describe.each(ALL_VENDORS)('a consent at %s', vendor => {
  test('brings tokens, and the seller who agreed', async () => {
    const consent = await consentOf(vendor)
    const parameters = await answered(consent)
    expect(parameters.get('state')).toBe(STATE)
    const { code, seller } = consent.login.readRedirect(parameters)
    const issued = await exchanged(consent, code)
    expect(issued.refreshToken).toBeDefined()
    const [known] = simulator.sellers().filter(each => each.seller === `${vendor}-newcomer`)
    const call = consent.login.identity?.(consent.request.app, consent.request.destination)
    const told = call && (await sendWithFetch(call.request(issued.accessToken)))
    const asked = told && call?.read(told, issued.accessToken)
    expect(issued.seller ?? seller ?? asked).toBe(
      vendor === 'ebay' ? `ebay-newcomer (${known?.sellerId})` : known?.sellerId,
    )
    // Amazon and the plain ones name no end, now or later.
    expect(issued.endsAt !== undefined).toBe(vendor !== 'amazon' && !isPlain(vendor))
    const refresh = await consent.adapter.refresh()
    const again = {
      ...consent.request,
      refreshToken: issued.refreshToken ?? code,
      now,
      origin: simulator.origin,
    }
    expect(refresh.read(await sendWithFetch(refresh.request(again)), again).accessToken).toBeDefined()
  })

  test('that was declined is told as such', async () => {
    const consent = await consentOf(vendor)
    const parameters = await answered(consent, 'decline')
    expect(thrownBy(() => consent.login.readRedirect(parameters)).code).toBe('CONSENT_DENIED')
  })

  test.each(['twice', 'too late'])('whose code is exchanged %s is refused by the code', async how => {
    const consent = await consentOf(vendor)
    const { code } = consent.login.readRedirect(await answered(consent))
    if (how === 'twice') await exchanged(consent, code)
    else now += (consent.login.codeSeconds + 1) * 1000
    await expect(exchanged(consent, code)).rejects.toMatchObject({
      code: 'GRANT_REJECTED',
      failure: 'permanent',
      message: expect.stringContaining('refused the code of the consent'),
    })
  })

  test('whose code is exchanged at its last second is not', async () => {
    const consent = await consentOf(vendor)
    const { code } = consent.login.readRedirect(await answered(consent))
    now += (consent.login.codeSeconds - 1) * 1000
    expect((await exchanged(consent, code)).refreshToken).toBeDefined()
  })
})

describe('a draft at Amazon', () => {
  test.each([false, true])('is asked for as one: %s', async isDraft => {
    await simulator.close()
    await start({ isDraft: true })
    const { login, request } = await consentOf('amazon', isDraft)
    const { status } = await new Browser().open(login.authorizeUrl(request))
    expect(status === 200).toBe(isDraft)
  })

  test('that stops half-way at its own log-in page is led on, and comes back with our state', async () => {
    await simulator.close()
    await start({ isDraft: true, loginUri: 'http://127.0.0.1:8766/login' })
    const consent = await consentOf('amazon', true)
    const halfWay = await answered(consent)
    expect(halfWay.has('state')).toBe(false)
    const next = consent.login.onward?.(halfWay, consent.request)
    const { location } = await new Browser().open(String(next))
    const { parameters } = readRedirectedAddress(String(location))
    expect(parameters.get('state')).toBe(STATE)
    const { code } = consent.login.readRedirect(parameters)
    expect((await exchanged(consent, code)).refreshToken).toBeDefined()
  })
})
