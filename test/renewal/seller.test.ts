/** Whose consent is taken for whose, by table; and the question to the marketplace, which may be asked again. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ErrorCode, type FailureClass, TokenctlError } from '../../src/errors.ts'
import type { LoginFlow, Rotation } from '../../src/marketplaces/adapter.ts'
import type { HttpRequest, HttpResponse } from '../../src/platform/http.ts'
import { identifyBy, requireSeller } from '../../src/renewal/seller.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { sellerText } from '../../src/tokens/seller.ts'
import { DAY } from '../../src/tokens/time.ts'
import type { AccountHeader, Issued } from '../../src/tokens/token-set.ts'
import { at, fakeAdapter, header, issued } from '../support/accounts.ts'
import { fakeClock } from '../support/clock.ts'
import { fakeLogin } from '../support/fake-login.ts'

const NOW = at('2026-11-22T10:00:00Z')

function refusal(
  seller: string | null,
  given: Partial<AccountHeader>,
  others: readonly AccountHeader[] = [],
  replacesSeller = false,
): TokenctlError | undefined {
  try {
    requireSeller(seller, header(given), others, { replacesSeller })
    return undefined
  } catch (error) {
    if (error instanceof TokenctlError) return error
    throw error
  }
}

describe('the seller of an account', () => {
  test.each<[string | null, string | null, string | undefined]>([
    [null, null, undefined],
    [null, 'a', undefined],
    ['a', 'a', undefined],
    ['old-name (a)', 'new-name (a)', undefined],
    ['name (a)', 'a', undefined],
    ['a', 'name (a)', undefined],
    ['a', 'b', 'ebay:main belongs to the seller a, and it was b who consented. Nothing was stored.'],
    ['a', 'A', 'ebay:main belongs to the seller a, and it was A who consented. Nothing was stored.'],
    [
      'name (a)',
      'name (b)',
      'ebay:main belongs to the seller name (a), and it was name (b) who consented. Nothing was stored.',
    ],
    [
      'a',
      null,
      'ebay:main belongs to the seller a, and nothing tells whose consent this is. Nothing was stored.',
    ],
  ])('known as %s, consented by %s: %s', (known, seller, words) => {
    const error = refusal(seller, { seller: known })
    expect(error?.message).toBe(words)
    if (error !== undefined)
      expect(error).toMatchObject({ code: 'SELLER_MISMATCH', account: 'ebay:main', exit: 3 })
    expect(refusal(seller, { seller: known }, [], true)).toBeUndefined()
  })

  test('each refusal says how to go on', () => {
    const twin = header({ account: 'ebay:twin', seller: 'a' })
    const fixes = [
      refusal('b', { seller: 'a' }),
      refusal(null, { seller: 'a' }),
      refusal('a', {}, [twin]),
    ].map(error => error?.fix ?? '')
    expect(fixes).toEqual([
      expect.stringContaining('sign in as the shop'),
      expect.stringContaining('Paste the whole address'),
      expect.stringContaining('the seller of ebay:main'),
    ])
    for (const fix of fixes) expect(fix).toContain('`--replace-seller`')
  })

  const others: readonly [string, Partial<AccountHeader>, boolean][] = [
    ['the same shop', {}, true],
    ['the same shop by another name', { seller: 'name (a)' }, true],
    ['another shop', { seller: 'b' }, false],
    ['a shop of nobody knows whom', { seller: null }, false],
    ['one that is only followed by its dates', { holdsToken: false }, false],
    ['of another app', { app: 'second' }, false],
    ['of another environment', { environment: 'sandbox' }, false],
    ['of another region', { region: 'eu' }, false],
    ['of another marketplace', { account: 'amazon:twin' }, false],
    ['itself', { account: 'ebay:main' }, false],
  ]
  test.each(others)('another account is %s: %j is refused: %s', (_, given, isRefused) => {
    const twin = header({ account: 'ebay:twin', seller: 'a', ...given })
    const error = refusal('a', {}, [header({ account: 'ebay:other', seller: 'c' }), twin])
    expect(error?.message).toBe(
      isRefused
        ? 'The seller a, who consented, is connected already, as ebay:twin. Nothing was stored for ebay:main.'
        : undefined,
    )
    expect(refusal('a', {}, [twin], true)).toBeUndefined()
    // Whose account it is was settled before.
    expect(refusal('a', { seller: 'a' }, [twin])).toBeUndefined()
    // What nobody tells cannot be told from anything.
    expect(refusal(null, {}, [twin])).toBeUndefined()
  })

  test('property: a known seller’s account is no other’s, whatever they are called', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/)
    const seller = fc.record({ id: word, name: fc.option(word, { nil: undefined }) })
    fc.assert(
      fc.property(seller, seller, (known, told) => {
        const error = refusal(sellerText(told.id, told.name), { seller: sellerText(known.id, known.name) })
        expect(error === undefined).toBe(known.id === told.id)
      }),
    )
  })
})

describe('the question whose an access token is', () => {
  const fault = (code: ErrorCode, failure: FailureClass, retryAfterMs?: number) =>
    new TokenctlError(code, 'No.', { failure, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
  const answer = (body: string): HttpResponse => ({ status: 200, headers: {}, body })
  const cut = fault('NETWORK_FAILED', 'ambiguous')

  /** Asks over a network that answers, or throws, these; the last one stays. */
  async function ask(
    answers: readonly (HttpResponse | Error)[],
    login?: Partial<LoginFlow> | null,
    kept: Partial<Issued> = {},
    rotation: Rotation = 'none',
  ) {
    const clock = fakeClock()
    const requests: HttpRequest[] = []
    const asked: unknown[] = []
    const left = [...answers]
    let opened = 0
    const http = {
      send: async (request: HttpRequest) => {
        requests.push(request)
        const next = (left.length > 1 ? left.shift() : left[0]) ?? new Error('nothing to answer')
        if (next instanceof Error) throw next
        return next
      },
    }
    const identity: LoginFlow['identity'] = (app, destination) => {
      asked.push([app, destination])
      return {
        request: token => ({
          method: 'GET',
          url: 'https://a.test/me',
          headers: { token: token.reveal() },
          body: '',
        }),
        read: ({ body }, token) => {
          if (body === 'down') throw fault('MARKETPLACE_DOWN', 'transient')
          if (body === 'later') throw fault('RATE_LIMITED', 'transient', 5000)
          if (body === 'never') throw fault('CLIENT_REJECTED', 'configuration')
          return `${body} of ${token.reveal()}`
        },
      }
    }
    const flow = fakeLogin(() => issued({ accessExpiresAt: 0 }), login ?? { identity })
    const renewed = () => issued({ accessExpiresAt: 0, accessToken: new Secret('fresh access') })
    const { login: _, ...fake } = fakeAdapter('ebay', renewed)
    const without = { ...fake, rotation }
    const adapter = login === null ? without : { ...without, login: async () => flow }
    const identify = identifyBy({
      http: async () => {
        opened += 1
        return http
      },
      clock,
      random: () => 0.5,
      destinationOf: () => ({ environment: 'local', origin: 'http://127.0.0.1:9' }),
    })
    const token = issued({ accessExpiresAt: 0, accessToken: new Secret('access'), ...kept })
    const keys = { clientId: new Secret('id') }
    const result = await identify(adapter, keys, token).catch((error: unknown) => error)
    return { result, requests, asked, slept: clock.slept, opened: () => opened }
  }

  test('is asked with that token, of the marketplace that this run speaks to', async () => {
    const { result, requests, asked } = await ask([answer('shop-1')])
    expect(result).toBe('shop-1 of access')
    expect(requests).toEqual([
      { method: 'GET', url: 'https://a.test/me', headers: { token: 'access' }, body: '' },
    ])
    expect(asked).toEqual([
      [{ clientId: expect.any(Secret) }, { environment: 'local', origin: 'http://127.0.0.1:9' }],
    ])
  })

  test.each<[string, Partial<LoginFlow> | null]>([
    ['has no consent by the browser', null],
    ['has no such question', {}],
    ['does not let this app ask', { identity: () => undefined }],
  ])('is not asked, and no network opened, where the marketplace %s', async (_, login) => {
    const { result, requests, opened } = await ask([answer('shop-1')], login)
    expect([result, requests, opened()]).toEqual([undefined, [], 0])
  })

  test.each<[string, number, Rotation, string]>([
    ['that is good still', NOW + DAY, 'none', 'shop-1 of access'],
    ['that ends within a minute', NOW + 59_000, 'none', 'shop-1 of fresh access'],
    ['that ended while it waited in a journal', NOW - DAY, 'none', 'shop-1 of fresh access'],
    ['that ended, where a refresh would spend the token', NOW - DAY, 'unknown', 'shop-1 of access'],
  ])('with an access token %s', async (_, accessExpiresAt, rotation, result) => {
    const kept = { accessExpiresAt, refreshToken: new Secret('consented') }
    expect((await ask([answer('shop-1')], undefined, kept, rotation)).result).toBe(result)
  })

  test.each<[string, readonly (HttpResponse | Error)[], unknown, readonly number[]]>([
    ['after a fault of the marketplace', [answer('down'), answer('a')], 'a of access', [250]],
    ['after a time-out', [fault('NETWORK_FAILED', 'ambiguous'), answer('a')], 'a of access', [250]],
    ['after an answer that broke off', [{ ...answer('a'), cut }, answer('a')], 'a of access', [250]],
    ['as late as it asks for', [answer('later'), answer('a')], 'a of access', [5000]],
    ['three times at most', [answer('down')], { code: 'MARKETPLACE_DOWN', failure: 'transient' }, [250, 500]],
    ['not where it will not be told', [answer('never')], undefined, []],
    ['not after a fault of ours', [new TypeError('ours')], { message: 'ours' }, []],
  ])('is asked again %s', async (_, answers, expected, slept) => {
    const asked = await ask(answers)
    if (expected === undefined || typeof expected === 'string') expect(asked.result).toBe(expected)
    else expect(asked.result).toMatchObject(expected as object)
    expect(asked.slept).toEqual(slept)
    expect(asked.requests).toHaveLength(slept.length + 1)
    expect(asked.opened()).toBe(1)
  })

  test('is given up where it is asked to wait longer than a minute', async () => {
    const { result, slept } = await ask([fault('RATE_LIMITED', 'transient', 61_000)])
    expect(result).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 61_000 })
    expect(slept).toEqual([])
  })
})
