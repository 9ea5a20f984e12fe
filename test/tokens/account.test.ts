import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_NAME, formatAccount, isName, parseAccount, parseName } from '../../src/tokens/account.ts'

const LONGEST = 'a'.repeat(63)

describe('names', () => {
  test.each([
    'main',
    'default',
    'shop-4711',
    '4711',
    'a',
    '0',
    'a--b',
    'a-',
    'con',
    'nul',
    'constructor',
    LONGEST,
  ])('%j is one', text => {
    expect(isName(text)).toBe(true)
    expect(parseName(text)).toBe(text)
  })

  // Reliability T3, and what would make two names one in a file system or a credential store.
  test.each([
    '',
    ' ',
    'Main',
    'MAIN',
    '-main',
    '_main',
    'ma in',
    ' main',
    'main ',
    'main\n',
    'main\0',
    'a.b',
    '.',
    '..',
    '../../x',
    'a/b',
    'a\\b',
    'C:\\x',
    'a:b',
    ':',
    'ebay:main',
    '__proto__',
    'ümlaut',
    'a\u0301',
    '\u00e1',
    'main\u202egnp',
    'ma\u200bin',
    'ＭＡＩＮ',
    'ma\u001b[2Jin',
    '*',
    '$(id)',
    `${LONGEST}a`,
    'a'.repeat(10_000),
  ])('%j is none', text => {
    expect(isName(text)).toBe(false)
    expect(() => parseName(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', fix: expect.stringContaining('63 characters') }),
    )
  })

  test('the message says of what, and repeats a short word', () => {
    expect(() => parseName('Main')).toThrow('"Main" cannot be the name of an account.')
    expect(() => parseName('My App', 'app')).toThrow('"My App" cannot be the name of an app.')
  })

  test('the message does not repeat what could be a token that was typed in the wrong place', () => {
    const token = `v^1.1#i^1#p^3#r^1#${'Zm9v'.repeat(20)}`
    for (const typed of [token, 'Zm9v|Zm9v'])
      expect(() => parseName(typed)).toThrow(
        'What was typed as the name of an account cannot be one; it is not shown, since it could be a token.',
      )
  })

  test('a million characters take no time', () => {
    const begun = performance.now()
    for (const part of ['a', '-', 'a-', ' ', ':']) {
      isName(part.repeat(500_000))
      expect(() => parseAccount(`ebay:${part.repeat(500_000)}`)).toThrow()
    }
    expect(performance.now() - begun).toBeLessThan(250)
  })
})

describe('accounts', () => {
  test.each([
    ['ebay:main', 'ebay', 'main'],
    ['ebay', 'ebay', undefined],
    ['nonsense', 'nonsense', undefined],
    [':main', '', 'main'],
    ['', '', undefined],
  ])('%j is marketplace %j, name %j', (text, marketplace, name) => {
    expect(parseAccount(text)).toEqual({ marketplace, name })
  })

  test.each(['ebay:', 'ebay:Main', 'ebay:a:b', 'ebay: main', 'ebay:../x'])('%j names no account', text => {
    expect(() => parseAccount(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  test('what is formatted is parsed back', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/)
    fc.assert(
      fc.property(fc.constantFrom('ebay', 'amazon', 'aliexpress'), name, (marketplace, it) => {
        expect(parseAccount(formatAccount({ marketplace, name: it }))).toEqual({ marketplace, name: it })
      }),
    )
  })

  test('the name that stands for none is a name', () => {
    expect(isName(DEFAULT_NAME)).toBe(true)
  })
})
