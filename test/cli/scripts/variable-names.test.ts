import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { marketplaceNames, namedAccountOf, variableNames } from '../../../src/cli/scripts/variable-names.ts'

const given = (...words: string[]) => words.map(namedAccountOf)
const named = (accounts: readonly string[], ...words: string[]) =>
  variableNames(accounts, given(...words)).map(({ name, account }) => `${name}=${account}`)

describe('names', () => {
  test.each<[readonly string[], readonly string[], readonly string[]]>([
    [['ebay:main'], [], ['EBAY_ACCESS_TOKEN=ebay:main']],
    [['ebay:main', 'ebay:main'], [], ['EBAY_ACCESS_TOKEN=ebay:main']],
    [['ebay:main', 'amazon:eu'], [], ['EBAY_ACCESS_TOKEN=ebay:main', 'AMAZON_ACCESS_TOKEN=amazon:eu']],
    [
      ['ebay:main', 'amazon:eu', 'ebay:client-7'],
      [],
      [
        'EBAY_MAIN_ACCESS_TOKEN=ebay:main',
        'AMAZON_ACCESS_TOKEN=amazon:eu',
        'EBAY_CLIENT_7_ACCESS_TOKEN=ebay:client-7',
      ],
    ],
    [['ebay:main'], ['SHOP=ebay:main'], ['SHOP=ebay:main']],
    [[], ['A=ebay:main', 'B=ebay:main'], ['A=ebay:main', 'B=ebay:main']],
    // Two of one marketplace are on the line, whichever way they are named.
    [['ebay:main'], ['_s1=ebay:outlet'], ['_s1=ebay:outlet', 'EBAY_MAIN_ACCESS_TOKEN=ebay:main']],
  ])('%j with --env %j', (accounts, words, expected) => {
    expect(named(accounts, ...words)).toEqual(expected)
  })

  test.each<[readonly string[], readonly string[]]>([
    [[], ['A=ebay:main', 'A=amazon:eu']],
    [[], ['A=ebay:main', 'a=amazon:eu']],
    [['amazon:eu'], ['AMAZON_ACCESS_TOKEN=ebay:main']],
    // One would be the end of the other.
    [[], ['A=ebay:main', 'A_EXPIRES_AT=amazon:eu']],
    [['ebay:main'], ['EBAY_ACCESS_TOKEN_EXPIRES_AT=amazon:eu']],
  ])('%j with --env %j: two variables of one name', (accounts, words) => {
    expect(() => named(accounts, ...words)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(/two variables/) }),
    )
  })

  test('each account has one, and no two have the same', () => {
    const word = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}$/)
    const account = fc
      .tuple(fc.constantFrom('ebay', 'amazon', 'aliexpress'), word)
      .map(pair => pair.join(':'))
    fc.assert(
      fc.property(fc.array(account, { minLength: 1, maxLength: 12 }), accounts => {
        const names = variableNames(accounts, [])
        expect(new Set(names.map(each => each.account))).toEqual(new Set(accounts))
        expect(new Set(names.map(({ name }) => name)).size).toBe(names.length)
        for (const { name } of names) expect(name).toMatch(/^[A-Z][A-Z0-9_]*_ACCESS_TOKEN$/)
      }),
    )
  })
})

describe('--env', () => {
  test.each([
    ['A=ebay', { name: 'A', account: 'ebay' }],
    ['_a9=ebay:main', { name: '_a9', account: 'ebay:main' }],
    ['PATHS=ebay', { name: 'PATHS', account: 'ebay' }],
    ['A=b=c', { name: 'A', account: 'b=c' }],
  ])('%s', (text, expected) => {
    expect(namedAccountOf(text)).toEqual(expected)
  })

  test.each([
    '',
    '=',
    'A',
    'A=',
    '=ebay',
    'ebay:main',
    '--',
    '9A=ebay',
    'A-B=ebay',
    'A B=ebay',
    'Ä=ebay',
    'A\0=ebay',
    'PATH=ebay',
    'Path=ebay',
    'NODE_OPTIONS=ebay',
    'LD_PRELOAD=ebay',
    'DYLD_INSERT_LIBRARIES=ebay',
    'TOKENCTL_HOME=ebay',
    'tokenctl_x=ebay',
  ])('%j is refused', text => {
    expect(() => namedAccountOf(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  test('what could be a token is not repeated', () => {
    const token = 'v^1.1#i^1#r^1#secret'
    for (const text of [token, `${token}=ebay`, `A${'b'.repeat(40)}-=ebay`]) {
      expect(() => namedAccountOf(text)).toThrow(expect.not.objectContaining({ message: /secret|bbbbb/ }))
      expect(() => namedAccountOf(text)).toThrow(/a text of \d+ characters/)
    }
  })
})

test.each([
  ['EBAY_ACCESS_TOKEN', true],
  ['EBAY_ACCESS_TOKEN_EXPIRES_AT', true],
  ['EBAY_OUTLET_ACCESS_TOKEN', true],
  ['EBAY_CLIENT_7_ACCESS_TOKEN_EXPIRES_AT', true],
  ['MERCADO_LIBRE_ACCESS_TOKEN', true],
  ['AMAZON_ACCESS_TOKEN', false],
  ['MY_EBAY_ACCESS_TOKEN', false],
  ['EBAY_ACCESS_TOKEN_FILE', false],
  ['EBAYX_ACCESS_TOKEN', false],
  ['EBAY_API', false],
])('%s is a name of a token of eBay or Mercado Libre: %s', (name, expected) => {
  expect(marketplaceNames(['ebay:main', 'ebay:outlet', 'mercado-libre:main'])(name)).toBe(expected)
})
