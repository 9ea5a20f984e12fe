/** Import documents: what is read from a good one, and for each bad one the place, never a value. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readImportDocument } from '../../../src/cli/moving/import-document.ts'
import { rulesOf } from '../../../src/cli/rules.ts'
import { isTokenctlError, TokenctlError } from '../../../src/errors.ts'
import { parseSettings, Settings } from '../../../src/settings.ts'
import { Secret } from '../../../src/tokens/secret.ts'

const NOW = Date.UTC(2026, 10, 22, 10)
const rules = rulesOf(new Settings({}))
const EBAY = 'v^1.1#i^1#canary'
const account = { account: 'ebay:main', refreshToken: EBAY }
const app = { marketplace: 'ebay', keys: { clientId: 'id', clientSecret: 'canary-secret' } }

const read = (document: unknown, by = rules) =>
  readImportDocument(typeof document === 'string' ? document : JSON.stringify(document), by, NOW)

function refusal(document: unknown): TokenctlError {
  try {
    read(document)
  } catch (error) {
    if (error instanceof TokenctlError) return error
    throw error
  }
  return expect.unreachable('it was taken')
}

describe('a good document', () => {
  test('what it does not say is null, and its app is the default one', () => {
    const { accounts, apps } = read({ version: 1, accounts: [account] })
    expect(apps).toEqual([])
    expect(accounts).toHaveLength(1)
    const { refreshToken, ...rest } = accounts[0] ?? expect.unreachable()
    expect(refreshToken?.reveal()).toBe(EBAY)
    expect(rest).toEqual({
      account: 'ebay:main',
      app: 'default',
      environment: 'production',
      consentAt: null,
      renewedAt: null,
      endsAt: null,
      accessToken: null,
      accessExpiresAt: null,
      region: null,
      record: null,
    })
  })

  test('everything that it says is read', () => {
    const { accounts, apps } = read({
      version: 1,
      apps: [{ ...app, name: 'second', secretIssuedAt: '2026-08-01' }],
      accounts: [
        {
          account: 'amazon',
          app: 'second',
          refreshToken: 'Atzr|IwEBIcanary',
          consentAt: '2026-08-01T02:00:00+02:00',
          renewedAt: '2026-09-01',
          endsAt: '2027-08-01T00:00:00Z',
          accessToken: 'Atza|canary',
          accessExpiresAt: '2026-11-22T11:00:00Z',
          region: 'eu',
        },
      ],
    })
    expect(apps[0]?.header).toEqual({
      marketplace: 'ebay',
      name: 'second',
      environment: 'production',
      secretIssuedAt: Date.UTC(2026, 7, 1),
    })
    expect(accounts[0]).toMatchObject({
      account: 'amazon:default',
      app: 'second',
      consentAt: Date.UTC(2026, 7, 1),
      renewedAt: Date.UTC(2026, 8, 1),
      endsAt: Date.UTC(2027, 7, 1),
      accessExpiresAt: Date.UTC(2026, 10, 22, 11),
      region: 'eu',
    })
    expect(accounts[0]?.accessToken?.reveal()).toBe('Atza|canary')
  })

  test('records belong to where the settings lead', () => {
    const settings = parseSettings(
      '{"endpoint.ebay":"http://127.0.0.1:8080","environment.amazon":"production"}',
      'f',
    )
    const { accounts } = read({ version: 1, accounts: [account] }, rulesOf(settings))
    expect(accounts[0]?.environment).toBe('local')
  })

  test('two tokens whose fingerprints happen to be the same are two', () => {
    // Found among 10,000 made-up ones: the first 32 bits of both digests are 5945df9e.
    const tokens = ['000000vq', '000002x2'].map(text => `Atzr|${text.repeat(44).slice(0, 348)}`)
    expect(new Set(tokens.map(token => new Secret(token).fingerprint)).size).toBe(1)
    const accounts = tokens.map((refreshToken, at) => ({ account: `amazon:${at}`, refreshToken }))
    expect(read({ version: 1, accounts }).accounts).toHaveLength(2)
    const third = { account: 'amazon:again', refreshToken: tokens[1] }
    const { message } = refusal({ version: 1, accounts: [...accounts, third] })
    expect(message).toContain('amazon:1 and amazon:again have the same refresh token')
  })

  test('a byte order mark before it is nothing', () => {
    expect(read(`\ufeff${JSON.stringify({ version: 1, accounts: [account] })}`).accounts).toHaveLength(1)
  })
})

describe('a bad one is refused with the place', () => {
  const accounts = (change: object) => ({ version: 1, accounts: [{ ...account, ...change }] })
  const apps = (change: object) => ({ version: 1, apps: [{ ...app, ...change }] })
  test.each<[string, unknown, RegExp]>([
    ['null', null, /the document/],
    ['no version', { accounts: [account] }, /, version is not/],
    ['a version as text', { version: '1', accounts: [account] }, /, version is not/],
    [
      'accounts that are no list',
      { version: 1, accounts: {} },
      /, accounts is not as it should be \(it must be a list\)/,
    ],
    ['an account that is none', { version: 1, accounts: ['ebay:main'] }, /, accounts\[0\] is not/],
    ['a date as a number', accounts({ consentAt: 1_790_000_000 }), /, accounts\[0\]\.consentAt is not/],
    ['an unknown field', accounts({ note: 'x' }), /, accounts\[0\] has an unknown field `note`/],
    ['an unknown field of all', { version: 1, acounts: [] }, /, the document has an unknown field `acounts`/],
    [
      'a day that is none',
      accounts({ renewedAt: '2026-02-30' }),
      /, accounts\[0\]\.renewedAt: "2026-02-30" is not a date/,
    ],
    [
      'an access token with a space',
      accounts({ accessToken: 'a b' }),
      /, accounts\[0\]\.accessToken is empty or holds spaces/,
    ],
    [
      'a token of a kilometre',
      accounts({ refreshToken: 'x'.repeat(20_000) }),
      /, accounts\[0\]\.refreshToken is longer than/,
    ],
    [
      'a name that is none',
      accounts({ account: 'ebay:A' }),
      /, accounts\[0\]\.account: "A" cannot be the name of an account/,
    ],
    [
      'an app name that is none',
      accounts({ app: '../x' }),
      /, accounts\[0\]\.app: "..\/x" cannot be the name of an app/,
    ],
    [
      'an unknown marketplace',
      apps({ marketplace: 'nowhere' }),
      /, apps\[0\]\.marketplace: There is no marketplace "nowhere"/,
    ],
    [
      'a secret of tomorrow’s tomorrow',
      apps({ secretIssuedAt: '2026-11-25' }),
      /, apps\[0\]\.secretIssuedAt: [\d-]+ lies in the future/,
    ],
    [
      'a value in the place of a key’s name',
      apps({ keys: { 'canary-canary-canary-canary': 1 } }),
      /, apps\[0\]\.keys\.… is not/,
    ],
    ['keys that are no object', apps({ keys: 'canary' }), /, apps\[0\]\.keys is not/],
    [
      'two of one name',
      { version: 1, accounts: [account, { ...account, account: 'ebay:main' }] },
      /ebay:main stands twice/,
    ],
    [
      '`amazon` and `amazon:default`, which are one',
      {
        version: 1,
        accounts: [
          { account: 'amazon', refreshToken: 'Atzr|IwEBIcanary' },
          { account: 'amazon:default', refreshToken: 'Atzr|IwEBIcanary' },
        ],
      },
      /amazon:default stands twice/,
    ],
    ['nothing', { version: 1, apps: [], accounts: [] }, /neither apps nor accounts/],
  ])('%s', (_, document, says) => {
    const error = refusal(document)
    expect(error.message).toMatch(/^In the import document, /)
    expect(error.message).toMatch(says)
    expect(error.exit).toBe(2)
    expect(error.message + error.fix).not.toContain('canary')
  })

  test('whatever text comes, it is read or refused, and no secret of it is repeated', () => {
    const words = fc.constantFrom(
      'canary-0123456789-canary-0123456789',
      'ebay:main',
      '2026-08-01',
      '',
      'na',
      null,
      1,
    )
    const field = fc.constantFrom(
      'account',
      'refreshToken',
      'consentAt',
      'region',
      'app',
      'accessToken',
      'canary-0123456789-canary-0123456789',
    )
    const documents = fc.record({
      version: fc.constantFrom(1, 2),
      accounts: fc.array(fc.dictionary(field, words), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.oneof(documents, fc.jsonValue()), document => {
        try {
          read(document)
        } catch (error) {
          if (!isTokenctlError(error)) throw error
          expect(error.exit).toBe(2)
          expect(error.message + error.fix).not.toContain('canary')
        }
      }),
    )
  })
})

describe('what only an edited export can say', () => {
  const record = {
    environment: 'production',
    generation: 3,
    acceptedAt: '2026-11-01',
    seller: 'shop-4711 (aBc123)',
    refused: null,
    gap: null,
    previous: null,
    pending: null,
  }
  const exported = (change: object, more: object = {}) => ({
    version: 1,
    accounts: [{ ...account, record: { ...record, ...change }, ...more }],
  })

  test('the record as it was written is taken, also of a clock that went months ahead', () => {
    const { accounts } = read(exported({ generation: 1e9 }, { consentAt: '2027-06-01' }))
    expect(accounts[0]?.record).toMatchObject({ generation: 1e9, seller: 'shop-4711 (aBc123)' })
  })

  test.each<[string, object, RegExp]>([
    [
      'a count that nothing counts up',
      exported({ generation: Number.MAX_SAFE_INTEGER }),
      /accounts\[0\]\.record\.generation .*must be 1000000000 or less/,
    ],
    [
      'that of the token before',
      exported({ previous: { refreshToken: 'canary', generation: 2e9 } }),
      /record\.previous\.generation .*or less/,
    ],
    ['a count below nothing', exported({ generation: -1 }), /record\.generation .*must be 0 or more/],
    [
      'a seller that a screen would obey',
      exported({ seller: 'a\u001b[2J' }),
      /record\.seller has a character that cannot be printed/,
    ],
    ['a token for a seller', exported({ seller: EBAY }), /record\.seller looks like a token/],
    [
      'a consent in a hundred years',
      exported({}, { consentAt: '2127-01-01' }),
      /accounts\[0\]\.consentAt: 2127-01-01 lies in the future/,
    ],
    [
      'a renewal in a hundred years',
      exported({}, { renewedAt: '2127-01-01' }),
      /accounts\[0\]\.renewedAt: .*future/,
    ],
    ['a last use in a hundred years', exported({ acceptedAt: '2127-01-01' }), /record\.acceptedAt: .*future/],
    [
      'no object',
      { version: 1, accounts: ['x'] },
      /accounts\[0\] is not as it should be \(it must be an object\)/,
    ],
    ['no list', { version: 1, accounts: {} }, /accounts is not as it should be \(it must be a list\)/],
  ])('%s is refused, with its place', (_, document, says) => {
    const { code, message } = refusal(document)
    expect(code).toBe('USAGE')
    expect(message).toMatch(says)
    expect(message).not.toContain('canary')
  })

  test('a member that stands twice, wherever it is', () => {
    const text =
      '{"version": 1, "accounts": [{"account": "ebay:main",\n"refreshToken": "v^1.1#a", "refreshToken": "v^1.1#b"}]}'
    expect(refusal(text).message).toBe(
      'In the import document, `refreshToken` is set twice (line 2, column 28).',
    )
  })
})
