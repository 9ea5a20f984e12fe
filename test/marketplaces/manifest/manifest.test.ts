import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { adapterFrom } from '../../../src/marketplaces/manifest/adapter.ts'
import { checkManifest, parseManifest } from '../../../src/marketplaces/manifest/manifest.ts'
import { thrownBy } from '../samples.ts'
import { MANIFEST as GOOD } from './samples.ts'

const FILE = '/home/anna/.config/tokenctl/marketplaces/shop.json'

/** The same with a key changed, by its place; undefined takes it out. */
function changed(place: string, value: unknown): unknown {
  const copy = structuredClone(GOOD) as Record<string, unknown>
  const keys = place.split('.')
  const last = keys.pop() ?? ''
  const holder = keys.reduce<Record<string, unknown>>((at, key) => {
    at[key] ??= {}
    return at[key] as Record<string, unknown>
  }, copy)
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return copy
}

const messageOf = (json: unknown) => thrownBy(() => checkManifest(json, FILE)).message

describe('a manifest', () => {
  it('that is good is taken as it is', () => {
    expect(parseManifest(JSON.stringify(GOOD), FILE)).toEqual(GOOD)
    expect(parseManifest(`\uFEFF${JSON.stringify(GOOD, null, 2)}\n`, FILE)).toEqual(GOOD)
  })

  it('makes an adapter whose facts are its own', () => {
    const adapter = adapterFrom(checkManifest(GOOD, FILE))
    expect(adapter).toMatchObject({
      id: 'shop',
      title: 'Shop',
      origins: { production: 'https://api.shop.example' },
      rotation: 'unknown',
      estimatedLifetime: { years: 1 },
    })
    expect(adapter.lifetimeFrom).toBeUndefined()
    expect(adapter.consentCommand('main', false)).toBe('tokenctl login shop:main')
    const short = checkManifest(changed('token.accessSeconds', 299), FILE)
    expect(adapterFrom(short).renewBeforeSeconds).toBe(74)
  })

  test.each<[string, unknown, string]>([
    ['version', 2, 'has a wrong "version": it must be 1'],
    ['id', 'Shop', 'has a wrong "id": it must be a word of 2 to 20 small letters'],
    ['id', '../etc', 'has a wrong "id": it must be a word of 2 to 20 small letters'],
    ['title', '', 'has a wrong "title": it must be a line of 1 to 40 letters'],
    ['title', 'a\u001b[2J', 'has a wrong "title": it must be a line of 1 to 40 letters'],
    ['title', undefined, 'has a wrong "title": it must be a line of 1 to 40 letters'],
    ['docs', 'http://developers.shop.example', 'has a wrong "docs": it must begin with https://'],
    [
      'consent.address',
      'http://www.shop.example/oauth/authorize',
      'has a wrong "consent.address": it must begin with https://',
    ],
    [
      'token.address',
      'http://api.shop.example/oauth/token',
      'has a wrong "token.address": it must begin with https://',
    ],
    ['token.address', 'ftp://api.shop.example/', 'has a wrong "token.address": it must begin with https://'],
    [
      'token.address',
      'https://user:pass@api.shop.example/t',
      'has a wrong "token.address": it must have no user name or password in it',
    ],
    ['token.address', 'https://api.shop.example/t?a=b', 'has a wrong "token.address": it must have no query'],
    ['token.address', 'https://api.shop.example/t?', 'has a wrong "token.address": it must have no query'],
    ['token.address', 'https://api.shop.example/t#x', 'has a wrong "token.address": it must have no `#`'],
    [
      'token.address',
      'https:/\\evil.example/t',
      'has a wrong "token.address": it must be written as https://evil.example/t',
    ],
    [
      'token.address',
      'https://API.shop.example/t',
      'has a wrong "token.address": it must be written as https://api.shop.example/t',
    ],
    [
      'token.address',
      'https://api.shop.example/a/../t',
      'has a wrong "token.address": it must be written as https://api.shop.example/t',
    ],
    ['token.address', 'api.shop.example', 'has a wrong "token.address": it must be an address, https://…'],
    [
      'token.address',
      42,
      'has a wrong "token.address": it must be the token endpoint\'s address, which begins with https://',
    ],
    [
      'token.address',
      'https://127.0.0.1/token',
      'has a wrong "token.address": it must name a host of the internet, no number',
    ],
    [
      'token.address',
      'https://localhost/token',
      'has a wrong "token.address": it must name a host of the internet, no number',
    ],
    ['token.client', 'jwt', 'has a wrong "token.client": it must be one of: basic, form, none'],
    [
      'token.accessSeconds',
      '3600',
      'has a wrong "token.accessSeconds": it must be a whole number of seconds from 60 to 34560000',
    ],
    [
      'token.accessSeconds',
      0,
      'has a wrong "token.accessSeconds": it must be a whole number of seconds from 60 to 34560000',
    ],
    ['token', undefined, 'has a wrong "token": it is missing or is no object'],
    ['consent', 'https://x.example', 'has a wrong "consent": it is missing or is no object'],
    ['rotation', 'always', 'has a wrong "rotation": it must be one of: none, grace, strict, unknown'],
    [
      'lifetime.length',
      '3 minutes',
      'has a wrong "lifetime.length": it must be a length of an hour or more, such as `90 days` or `6 months`',
    ],
    ['lifetime.from', 'sometimes', 'has a wrong "lifetime.from": it must be one of: consent, refresh'],
    ['consent.pkce', 'plain', 'has a wrong "consent.pkce": it must be `S256`, or be left out'],
    ['consent.scopes', ['a b'], 'has a wrong "consent.scopes.0": it must be scopes without spaces'],
    ['consent.scopes', 'a b', 'has a wrong "consent.scopes": it must be a list of scopes'],
    ['consent.hosts', ['HTTPS://x'], 'has a wrong "consent.hosts.0": it must be host names in small letters'],
    [
      'consent.parameters',
      { prompt: '' },
      'has a wrong "consent.parameters.prompt": it must be a text without spaces',
    ],
    [
      'consent.parameters',
      JSON.parse('{"prompt": "login", "__proto__": "x"}'),
      'has a wrong "consent.parameters": it must be parameters with their texts',
    ],
    [
      'consent.parameters',
      'prompt',
      'has a wrong "consent.parameters": it must be parameters with their texts',
    ],
    ['consent.parameters', null, 'has a wrong "consent.parameters": it must be parameters with their texts'],
    ['otherTokenHost', false, 'has a wrong "otherTokenHost": it must be true, or be left out'],
    ['clientSecret', 'oops', 'has an unknown key, "clientSecret"'],
    ['token.method', 'GET', 'has an unknown key, "token.method"'],
    ['seller', { in: 'header', name: 'x' }, 'has a wrong "seller.in": it must say where the seller stands'],
    ['seller', { in: 'answer', claim: 'x' }, 'has a wrong "seller.member": it must be a word'],
    ...['access_token', 'refresh_token', 'id_token', 'clientSecret', 'password', 'jti', 'code'].flatMap(
      (word): [string, unknown, string][] => [
        [
          'seller',
          { in: 'answer', member: word },
          'has a wrong "seller.member": it must be where the seller\'s id stands',
        ],
        [
          'seller',
          { in: 'access-token', claim: word },
          'has a wrong "seller.claim": it must be where the seller\'s id stands',
        ],
      ],
    ),
  ])('with %s %j is refused, and says what is good', (place, value, says) => {
    expect(messageOf(changed(place, value))).toContain(`The manifest ${FILE} ${says}`)
  })

  test.each<[string, object, string]>([
    [
      'a token endpoint of another owner',
      { token: { ...GOOD.token, address: 'https://tokens.thief.example/oauth/token' } },
      'sends tokens to tokens.thief.example (`token.address`) and asks the seller on www.shop.example: where that is right, it must say `"otherTokenHost": true`',
    ],
    [
      'one of another owner below the same ending',
      {
        consent: { address: 'https://auth.shop.com.ar/authorize' },
        token: { ...GOOD.token, address: 'https://api.thief.com.ar/token' },
      },
      'sends tokens to api.thief.com.ar (`token.address`) and asks the seller on auth.shop.com.ar',
    ],
    [
      'another host for one country’s page',
      { consent: { ...GOOD.consent, hosts: ['auth.thief.example'] } },
      'sends tokens to api.shop.example (`token.address`) and asks the seller on auth.thief.example',
    ],
    [
      'a sandbox of another owner',
      {
        sandbox: {
          consent: 'https://www.shop.example/oauth/authorize',
          token: 'https://box.thief.example/oauth/token',
        },
      },
      'sends tokens to box.thief.example (`sandbox.token`) and asks the seller on www.shop.example',
    ],
    [
      'a word that says what is not so',
      { otherTokenHost: true },
      'says `otherTokenHost`, and its token endpoint is on the same name as its consent page: leave it out',
    ],
    [
      'a parameter that is not its own to set',
      { consent: { ...GOOD.consent, parameters: { redirect_uri: 'https://evil.example' } } },
      'sets the parameter `redirect_uri`, which tokenctl sets itself: leave it out',
    ],
    [
      'one address for both',
      { token: { ...GOOD.token, address: GOOD.consent.address } },
      'has one address for the consent page and the token endpoint',
    ],
    [
      'other paths in the sandbox',
      {
        sandbox: { consent: 'https://box.shop.example/x', token: 'https://box.shop.example/oauth/token' },
      },
      'has other paths in its sandbox than in production: only the hosts may differ',
    ],
  ])('with %s is refused', (_, change, says) => {
    expect(messageOf({ ...GOOD, ...change })).toContain(`The manifest ${FILE} ${says}`)
  })

  it('may say that its tokens go to another owner', () => {
    const address = 'https://tokens.other.example/oauth/token'
    const manifest = { ...GOOD, token: { ...GOOD.token, address }, otherTokenHost: true }
    expect(adapterFrom(checkManifest(manifest, FILE)).origins.production).toBe('https://tokens.other.example')
  })

  test.each([
    ['', 'is not JSON: it goes wrong at its end'],
    ['{"version": 1,}', 'is not JSON: it goes wrong at line 1, column 15'],
    ['\uFEFF{"version": 1,}', 'is not JSON: it goes wrong at line 1, column 15'],
    [JSON.stringify(GOOD).slice(0, 200), 'is not JSON: it goes wrong at'],
    ['[]', 'holds no JSON object'],
    ['null', 'holds no JSON object'],
  ])('whose text is %j is refused', (body, says) => {
    const error = thrownBy(() => parseManifest(body, FILE))
    expect(error.code).toBe('SETTINGS_INVALID')
    expect(error.message).toContain(`The manifest ${FILE} ${says}`)
    expect(error.fix).toContain('docs/marketplace-manifests.md')
  })

  test.each([
    ['"version"', '{"version": 1, ', '"version" twice (line 1, column 16)'],
    ['"client"', '"address": "https://api.thief.example/oauth/token", ', '"address" twice (line 1, column '],
    ['"form"', '"none", "cl\\u0069ent":', '"client" twice (line 1, column '],
  ])('that sets a key twice is refused, however deep: before %s', (before, more, says) => {
    const text = JSON.stringify(GOOD)
    const [start = '', end = ''] = text.split(before)
    const body = `${start === '{' ? '' : start}${more}${before}${end}`
    for (const each of [body, `\uFEFF${body}`])
      expect(thrownBy(() => parseManifest(each, FILE)).message).toContain(`The manifest ${FILE} sets ${says}`)
  })

  test.each(['{"__proto__": {"version": 1}', '{"constructor": 1', '{"consent": {"__proto__": {}'])(
    'with a key that every object has is refused: %s',
    start => {
      const rest = JSON.stringify({ ...GOOD, consent: undefined }).slice(1)
      const body = start.startsWith('{"consent"')
        ? `${start}, "address": "${GOOD.consent.address}"}, ${rest}`
        : `${start}, "consent": ${JSON.stringify(GOOD.consent)}, ${rest}`
      expect(thrownBy(() => parseManifest(body, FILE)).message).toContain('has an unknown key, ')
    },
  )

  it('of any JSON is a manifest that passes again, or one error that holds no long text of it', () => {
    const places = ['id', 'title', 'consent.address', 'token.address', 'lifetime.length', 'seller', 'more']
    const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.webUrl({ withQueryParameters: true }))
    fc.assert(
      fc.property(fc.constantFrom(...places), value, (place, given) => {
        const json = changed(place, given)
        try {
          const manifest = checkManifest(json, FILE)
          expect(checkManifest(JSON.parse(JSON.stringify(manifest)), FILE)).toEqual(manifest)
          expect(new URL(manifest.token.address).protocol).toBe('https:')
        } catch (thrown) {
          const error = thrownBy(() => {
            throw thrown
          })
          expect(error.code).toBe('SETTINGS_INVALID')
          expect(error.message.startsWith(`The manifest ${FILE} `)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})
