/**
 * What every marketplace adapter keeps to, whatever its vendor does. An adapter's test calls `testMarketplace` with
 * samples of its vendor's answers and adds only what is its own. Fakes run it too, so that none can drift.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Exchange, MarketplaceAdapter, RefreshInput } from '../../src/marketplaces/adapter.ts'
import type { HttpResponse } from '../../src/platform/http.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { Issued } from '../../src/tokens/token-set.ts'
import { asKeys, type MarketplaceSamples, NOW, thrownBy } from '../marketplaces/samples.ts'
import { testAnswers, testHostile, testMalformed, without } from './answers.ts'
import { testLogin } from './login.ts'

/** Runs the suite on an adapter. */
export async function testMarketplace(
  adapter: MarketplaceAdapter,
  samples: MarketplaceSamples,
): Promise<void> {
  const refresh = await adapter.refresh()
  const input: RefreshInput = {
    app: asKeys(samples.app),
    refreshToken: new Secret(samples.refreshToken),
    now: NOW,
    origin: adapter.origins.production,
  }
  const read = (response: HttpResponse): Issued => refresh.read(response, input)
  const secrets = [samples.refreshToken, ...Object.values(samples.app).filter(key => key.includes('CANARY'))]

  describe(`${adapter.id} keeps the contract of a marketplace`, () => {
    testFacts(adapter)
    testRequest(adapter, refresh, samples, input, secrets)
    testAnswers(adapter.title, samples, read)
    testMalformed(samples, read)
    testHostile(samples, read, secrets)
  })
  await testLogin(adapter, samples)
}

function testFacts(adapter: MarketplaceAdapter): void {
  it('has a word, a name, a page and steps for people', () => {
    expect(adapter.id).toMatch(/^[a-z]{2,20}$/)
    expect(adapter.title).not.toBe('')
    expect(adapter.docs).toMatch(/^https:\/\//)
    expect(adapter.consentCommand('main', false)).toMatch(/^tokenctl (login|set-amazon) \S*main$/)
    for (const origin of Object.values(adapter.origins)) expect(new URL(origin).origin).toBe(origin)
  })
}

function testRequest(
  adapter: MarketplaceAdapter,
  refresh: Exchange<RefreshInput>,
  samples: MarketplaceSamples,
  input: RefreshInput,
  secrets: readonly string[],
): void {
  it('asks by POST over https, with nothing in the URL but the path', () => {
    const request = refresh.request(input)
    const url = new URL(request.url)
    expect(request.method).toBe('POST')
    expect(url.protocol).toBe('https:')
    expect([url.search, url.hash, url.username, url.password]).toEqual(['', '', '', ''])
    for (const secret of secrets) expect(decodeURIComponent(request.url)).not.toContain(secret)
  })

  it('sends exact headers, named in small letters, and a body of plain form ASCII', () => {
    const { headers, body } = refresh.request(input)
    expect(headers['content-type']).toBe(samples.contentType)
    for (const name of Object.keys(headers)) expect(name).toBe(name.toLowerCase())
    expect(body).toMatch(/^[A-Za-z0-9*._+%=&-]+$/)
    expect(new URLSearchParams(body).get('refresh_token')).toBe(samples.refreshToken)
  })

  it('keeps the path when another origin is given', () => {
    const there = refresh.request({ ...input, origin: 'http://127.0.0.1:4711' })
    const here = refresh.request(input)
    expect(new URL(there.url).origin).toBe('http://127.0.0.1:4711')
    expect(new URL(there.url).pathname).toBe(new URL(here.url).pathname)
  })

  it('carries any token through the form unharmed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x21-\x7e]{1,200}$/), token => {
        const { body } = refresh.request({ ...input, refreshToken: new Secret(token) })
        expect(new URLSearchParams(body).get('refresh_token')).toBe(token)
      }),
    )
  })

  it.each(adapter.appFields.filter(field => field.optional !== true).map(field => field.key))(
    'refuses to ask without the key %s, and names it',
    key => {
      for (const app of [without(samples.app, key), { ...samples.app, [key]: '' }]) {
        const error = thrownBy(() => refresh.request({ ...input, app: asKeys(app) }))
        expect(error.code).toBe('USAGE')
        expect(error.message).toContain(key)
        expect(error.fix).toContain(`tokenctl app set ${adapter.id}`)
      }
    },
  )

  it('asks without the optional keys', () => {
    const needed = adapter.appFields.filter(field => field.optional !== true).map(field => field.key)
    const app = asKeys(Object.fromEntries(needed.map(key => [key, samples.app[key] ?? ''])))
    expect(refresh.request({ ...input, app })).toEqual(refresh.request(input))
  })
}
