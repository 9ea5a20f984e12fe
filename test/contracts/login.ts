/**
 * What every marketplace's consent keeps to: an address that gives away no secret, a redirect that is told apart from
 * all others, a code that is encoded exactly once, and refusals that never read as if the stored token were refused.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type {
  ConsentRequest,
  LoginFlow,
  MarketplaceAdapter,
  RedeemInput,
} from '../../src/marketplaces/adapter.ts'
import { readRedirectedAddress } from '../../src/oauth/redirected-address.ts'
import type { HttpResponse } from '../../src/platform/http.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { Environment, Issued } from '../../src/tokens/token-set.ts'
import { asKeys, type LoginSamples, type MarketplaceSamples, NOW, thrownBy } from '../marketplaces/samples.ts'
import { expectNoSecret, testAnswers, testHostile, testMalformed, without } from './answers.ts'

const LOOPBACK = 'http://127.0.0.1:4711'
const STATE = 'sTaTe-0123456789_aBcDeF'
const VERIFIER = new Secret('CANARY-verifier-0123456789_aBcDeF-0123456789')

/** What a browser brings back from each marketplace, decoded. */
const OTHERS: readonly (readonly [
  id: string,
  title: string,
  parameters: Readonly<Record<string, string>>,
])[] = [
  ['ebay', 'eBay', { code: 'v^1.1#i^1#p^3#t^CANARY==', state: STATE, expires_in: '299' }],
  ['ebay', 'eBay', { code: 'v%5E1.1%23i%5E1%23CANARY', state: STATE }],
  ['amazon', 'Amazon', { spapi_oauth_code: 'RHxCANARY', selling_partner_id: 'A3FHEXAMPLE', state: STATE }],
  ['aliexpress', 'AliExpress', { code: '3_500102_CANARYJxZ05Ux3cnnSSUm6dCxYg6Q26', state: STATE }],
  ['aliexpress', 'AliExpress', { code: '0_2DL4DV3jcU1UOT7WGI1CANARY', state: STATE }],
]

/** Runs the suite on an adapter that has a login; one that has none must have no samples of it either. */
export async function testLogin(adapter: MarketplaceAdapter, samples: MarketplaceSamples): Promise<void> {
  const login = await adapter.login?.()
  const given = samples.login
  if (login === undefined || given === undefined) {
    it(`${adapter.id} has a login and samples of it, or neither`, () => expect(login).toBe(given))
    return
  }
  const input: RedeemInput = {
    app: asKeys(samples.app),
    code: new Secret(given.code),
    now: NOW,
    origin: adapter.origins.production,
    verifier: VERIFIER,
  }
  const verifier = login.usesVerifier === true ? [VERIFIER.reveal()] : []
  const secrets = [
    given.code,
    ...verifier,
    ...Object.values(samples.app).filter(key => key.includes('CANARY')),
  ]
  const read = (response: HttpResponse): Issued => login.redeem.read(response, input)

  describe(`${adapter.id} keeps the contract of a consent`, () => {
    testAddress(adapter, login, samples, given)
    testRedirect(adapter, login, given)
    testExchange(adapter, login, samples, given, input)
    testVerifier(adapter, login, samples, input)
    testAnswers(adapter.title, given, read)
    testMalformed(given, read, true)
    testHostile(given, read, secrets)
    testWords(given, read)
  })
}

function testAddress(
  adapter: MarketplaceAdapter,
  login: LoginFlow,
  samples: MarketplaceSamples,
  { keysOfTheAddress }: LoginSamples,
): void {
  const request = (changes: Partial<ConsentRequest> = {}): ConsentRequest => ({
    app: asKeys(samples.app),
    state: new Secret(STATE),
    destination: destination(adapter, 'production'),
    region: adapter.id === 'amazon' ? 'na' : null,
    sellerCentral: null,
    isDraft: false,
    verifier: VERIFIER,
    ...changes,
  })

  it('asks on a page of the vendor, by https, with the state and no secret in it', () => {
    const address = login.authorizeUrl(request())
    const url = new URL(address)
    expect(url.protocol).toBe('https:')
    expect([url.username, url.password, url.hash, url.port]).toEqual(['', '', '', ''])
    const names = [...url.searchParams.keys()]
    expect(new Set(names).size).toBe(names.length)
    expect(url.searchParams.get('state')).toBe(STATE)
    expect(decodeURIComponent(address)).not.toContain('CANARY')
    expect(address).toMatch(/^[A-Za-z0-9*._%?:/=&-]+$/)
  })

  it('asks on the same page of a simulator, and sends nobody elsewhere', () => {
    const there = new URL(login.authorizeUrl(request({ destination: destination(adapter, 'local') })))
    const here = new URL(login.authorizeUrl(request()))
    expect(there.origin).toBe(LOOPBACK)
    expect([there.pathname, there.search]).toEqual([here.pathname, here.search])
  })

  it('carries any state unharmed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }), state => {
        const url = new URL(login.authorizeUrl(request({ state: new Secret(state) })))
        expect(url.searchParams.get('state')).toBe(state)
      }),
    )
  })

  it.each(keysOfTheAddress)('needs the key %s, and says where it is found and how it is entered', key => {
    for (const app of [without(samples.app, key), { ...samples.app, [key]: '' }]) {
      const error = thrownBy(() => login.authorizeUrl(request({ app: asKeys(app) })))
      expect([error.code, error.failure]).toEqual(['USAGE', 'configuration'])
      expect(error.message).toContain(`\`${key}\``)
      expect(error.fix).toContain(`\`tokenctl app set ${adapter.id}\``)
    }
  })

  it('needs no other key', () => {
    const app = Object.fromEntries(keysOfTheAddress.map(key => [key, samples.app[key] ?? '']))
    expect(new URL(login.authorizeUrl(request({ app: asKeys(app) }))).searchParams.get('state')).toBe(STATE)
  })

  it('knows where the browser comes back to only by the key that says so', () => {
    const redirectUri = 'http://127.0.0.1:8123/callback'
    expect(login.redirectUri(asKeys({ ...samples.app, redirectUri }))).toBe(redirectUri)
    expect(login.redirectUri(asKeys(without(samples.app, 'redirectUri')))).toBeNull()
  })
}

function testRedirect(adapter: MarketplaceAdapter, login: LoginFlow, given: LoginSamples): void {
  const { code, redirected, seller } = given
  const readWith = (changes: Readonly<Record<string, string>>, base = redirected) =>
    login.readRedirect(new Map(Object.entries({ ...base, ...changes })))
  const withoutCode = without(redirected, login.codeParameter)

  it('reads the code, and the seller where it is named', () => {
    const found = readWith({})
    expect([found.code.reveal(), found.seller]).toEqual([code, seller])
    expect(redirected[login.codeParameter]).toBe(code)
  })

  it('reads the code alone, as one that was pasted bare; not where the redirect alone names the seller', () => {
    const bare = new Map([[login.codeParameter, code]])
    if (seller === null) {
      expect(login.readRedirect(bare)).toEqual({ code: new Secret(code), seller: null })
      return
    }
    const error = thrownBy(() => login.readRedirect(bare))
    expect([error.code, error.message]).toEqual(['USAGE', expect.stringMatching(/does not say whose shop/)])
    expect(error.fix).toMatch(/^Copy the whole address/)
    expectNoSecret(error, [code])
  })

  it.each(['state', 'expires_in', 'locale', '__proto__', 'constructor'])('passes over %s', name => {
    expect(readWith({ [name]: 'anything' }).code.reveal()).toBe(code)
  })

  it('reads a seller that declined, whatever else is there', () => {
    for (const base of [redirected, withoutCode, {}]) {
      const error = thrownBy(() => readWith({ error: 'access_denied', error_description: 'CANARY' }, base))
      expect([error.code, error.message]).toEqual([
        'CONSENT_DENIED',
        `The seller did not agree on ${adapter.title}'s page. Nothing was changed.`,
      ])
    }
  })

  it.each([
    ['invalid_request', 'USAGE', true],
    ['unauthorized_client', 'USAGE', true],
    ['invalid_scope', 'USAGE', true],
    ['server_error', 'MARKETPLACE_DOWN', true],
    ['temporarily_unavailable', 'MARKETPLACE_DOWN', true],
    ['\u001b[2J', 'USAGE', false],
    ['two words', 'USAGE', false],
    [code, 'USAGE', false],
  ])('reads the error %j: %s', (error, becomes, shown) => {
    const told = thrownBy(() => readWith({ error, error_description: 'CANARY words' }))
    expect(told.code).toBe(becomes)
    expect(told.message).toMatch(new RegExp(`^${adapter.title}`))
    expect(told.message.includes(error)).toBe(shown)
    expectNoSecret(told, [code])
  })

  it.each(OTHERS.filter(([id]) => id !== adapter.id))('names the answer of %s', (_, title, parameters) => {
    const error = thrownBy(() => login.readRedirect(new Map(Object.entries(parameters))))
    expect([error.code, error.message]).toEqual([
      'USAGE',
      `This is the answer of ${title}, and ${adapter.title} was asked.`,
    ])
    expectNoSecret(error, Object.values(parameters))
  })

  it.each<[string, string, RegExp]>([
    ['no code', '', /^The address has no code in it \(`\w+`\)\.$/],
    ['one that was encoded twice', encodeURIComponent(`${code}+/`), /encoded twice/],
    ['one that is too long', `${code}${'A'.repeat(4096)}`, /is longer than \d+ characters/],
    ['one with a space', `${code} A`, /characters that no code has/],
    ['one with a line break', `${code}\nA`, /characters that no code has/],
    ['one beyond ASCII', `${code}\u202e`, /characters that no code has/],
  ])('refuses %s without showing it', (_, text, says) => {
    const error = thrownBy(() => readWith({ [login.codeParameter]: text }))
    expect(error.code).toBe('USAGE')
    expect(error.message).toMatch(says)
    expect(error.fix).toContain(adapter.title)
    expectNoSecret(error, [code])
  })

  it('refuses an answer without a code', () => {
    expect(thrownBy(() => readWith({}, withoutCode)).code).toBe('USAGE')
    expect(thrownBy(() => login.readRedirect(new Map())).code).toBe('USAGE')
  })

  it('answers any parameters with a code or an error that shows none of them', () => {
    const value = fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom(code, encodeURIComponent(code), ''))
    const name = fc.constantFrom(
      login.codeParameter,
      ...['code', 'error', 'state', 'isAuthSuccessful', 'spapi_oauth_code'],
    )
    fc.assert(
      fc.property(fc.dictionary(name, value), parameters => {
        try {
          const found = login.readRedirect(new Map(Object.entries(parameters)))
          expect(found.code.reveal()).toBe(parameters[login.codeParameter])
        } catch (thrown) {
          const error = thrownBy(() => {
            throw thrown
          })
          expect(['USAGE', 'CONSENT_DENIED', 'MARKETPLACE_DOWN']).toContain(error.code)
          expectNoSecret(error, [code])
        }
      }),
    )
  })
}

function testExchange(
  adapter: MarketplaceAdapter,
  { redeem, readRedirect, codeParameter }: LoginFlow,
  samples: MarketplaceSamples,
  { code, redirected, keysOfTheExchange }: LoginSamples,
  input: RedeemInput,
): void {
  it('exchanges by POST over https, with nothing in the URL but the path', () => {
    const request = redeem.request(input)
    const url = new URL(request.url)
    expect([request.method, url.origin]).toEqual(['POST', adapter.origins.production])
    expect([url.search, url.hash, url.username, url.password]).toEqual(['', '', '', ''])
    expect(decodeURIComponent(request.url)).not.toContain('CANARY')
    expect(redeem.request({ ...input, origin: LOOPBACK }).url).toBe(`${LOOPBACK}${url.pathname}`)
  })

  it('sends exact headers, named in small letters, and a body of plain form ASCII', () => {
    const { headers, body } = redeem.request(input)
    expect(headers['content-type']).toBe(samples.contentType)
    expect(headers['accept']).toBe('application/json')
    for (const name of Object.keys(headers)) expect(name).toBe(name.toLowerCase())
    expect(body).toMatch(/^[A-Za-z0-9*._+%=&-]+$/)
    expect(new URLSearchParams(body).getAll('code')).toEqual([code])
  })

  it('carries a code from the address bar to the vendor, decoded once and encoded once', () => {
    // What each vendor's own begin with, so that none is taken for another's.
    const begins = adapter.id === 'ebay' ? 'v^1.1#' : 'code-'
    const tail = fc.stringMatching(/^[\x21-\x24\x26-\x7e]{0,200}$/)
    fc.assert(
      fc.property(tail, text => {
        const whole = `${begins}${text}`
        const query = new URLSearchParams({ ...redirected, state: STATE, [codeParameter]: whole })
        const address = `https://shop.example/back?${query}`
        const { parameters, isBareCode } = readRedirectedAddress(address)
        const { code: found } = readRedirect(parameters)
        const { body } = redeem.request({ ...input, code: found })
        expect([isBareCode, new URLSearchParams(body).get('code')]).toEqual([false, whole])
      }),
    )
  })

  it.each(keysOfTheExchange)('refuses to exchange without the key %s, and names it', key => {
    for (const app of [without(samples.app, key), { ...samples.app, [key]: '' }]) {
      const error = thrownBy(() => redeem.request({ ...input, app: asKeys(app) }))
      expect([error.code, error.failure]).toEqual(['USAGE', 'configuration'])
      expect(error.message).toContain(key)
      expect(error.fix).toContain(`tokenctl app set ${adapter.id}`)
    }
  })
}

/** @see RFC 7636: the address has a digest alone, the exchange the verifier itself, and nobody else either. */
function testVerifier(
  adapter: MarketplaceAdapter,
  { usesVerifier, authorizeUrl, redeem }: LoginFlow,
  samples: MarketplaceSamples,
  input: RedeemInput,
): void {
  it('names the verifier at the exchange alone, and only where it has one', () => {
    const uses = usesVerifier === true
    const request = {
      ...{ app: asKeys(samples.app), state: new Secret(STATE), verifier: VERIFIER, isDraft: false },
      ...{ destination: destination(adapter, 'production'), sellerCentral: null },
      region: adapter.id === 'amazon' ? ('na' as const) : null,
    }
    const asked = new URL(authorizeUrl(request)).searchParams
    expect([asked.get('code_challenge'), asked.get('code_challenge_method')]).toEqual(
      uses ? [expect.stringMatching(/^[\w-]{43}$/), 'S256'] : [null, null],
    )
    const form = new URLSearchParams(redeem.request(input).body)
    expect(form.get('code_verifier')).toBe(uses ? VERIFIER.reveal() : null)
  })
}

function testWords(given: LoginSamples, read: (response: HttpResponse) => Issued): void {
  it('never speaks of the refresh token when the code or the app is refused', () => {
    for (const { response, code } of given.failures) {
      if (code === 'REPLY_MALFORMED') continue
      const { message, fix } = thrownBy(() => read(response))
      expect(`${message} ${fix}`).not.toMatch(/the refresh token/i)
    }
  })

  it('says of a refused code that a new login gives another, and that nothing was changed', () => {
    const refused = given.failures.filter(({ code }) => code === 'GRANT_REJECTED')
    expect(refused).not.toEqual([])
    for (const { response } of refused) {
      const { message, fix } = thrownBy(() => read(response))
      expect(message).toMatch(/ refused the code of the consent \(/)
      expect(fix).toMatch(/Run the login again .*Nothing that is stored was changed\.$/)
    }
  })

  it.each([
    ['an answer without a refresh token', {}],
    ['a null', { refresh_token: null }],
  ])('calls it malformed, and the code perhaps spent: %s', (_, change) => {
    const good = given.successes[0]?.response
    const members: Record<string, unknown> = JSON.parse(good?.body ?? '{}')
    const body = JSON.stringify({ ...without(members, 'refresh_token'), ...change })
    const error = thrownBy(() => read({ status: 200, headers: good?.headers ?? {}, body }))
    expect([error.code, error.failure]).toEqual(['REPLY_MALFORMED', 'ambiguous'])
  })
}

function destination(adapter: MarketplaceAdapter, environment: Environment) {
  return { environment, origin: environment === 'local' ? LOOPBACK : adapter.origins.production }
}
