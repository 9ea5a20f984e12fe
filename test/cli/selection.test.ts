import { describe, expect, test } from 'vitest'
import { accountOf, refOf, select, unknownAccount } from '../../src/cli/selection.ts'
import { TokenctlError } from '../../src/errors.ts'
import { header } from '../support/accounts.ts'

const headers = ['aliexpress:main', 'ebay:main', 'ebay:outlet'].map(account => header({ account }))
const damage = new TokenctlError('RECORD_UNREADABLE', 'It is damaged.')
const unreadable = [
  { key: 'account/ebay:third', error: damage },
  { key: 'app/ebay:default', error: damage },
]

describe('select', () => {
  test.each<[readonly string[], readonly string[], readonly string[]]>([
    [[], ['aliexpress:main', 'ebay:main', 'ebay:outlet'], []],
    [['ebay'], ['ebay:main', 'ebay:outlet'], []],
    [['ebay:outlet', 'ebay:main'], ['ebay:main', 'ebay:outlet'], []],
    [['ebay:main', 'ebay', 'ebay:main'], ['ebay:main', 'ebay:outlet'], []],
    [['amazon'], [], ['amazon']],
    [['amazon:any', 'ebay:main'], ['ebay:main'], ['amazon']],
    [['ebay:third'], [], []],
    [['ebay:third', 'aliexpress'], ['aliexpress:main'], []],
  ])('%j: %j, missing %j', (words, accounts, missing) => {
    const selection = select(words, headers, unreadable)
    expect(selection.headers.map(each => each.account)).toEqual(accounts)
    expect(selection.missing).toEqual(missing)
  })

  test.each([
    ['ebya', 'MARKETPLACE_UNKNOWN', /ebay/],
    ['ebay:mian', 'ACCOUNT_UNKNOWN', /ebay:mian/],
    ['ebay:Main', 'USAGE', /"Main"/],
    ['ebay:', 'USAGE', /""/],
    ['', 'MARKETPLACE_UNKNOWN', /""/],
  ])('%j is %s', (word, code, message) => {
    expect(() => select(['ebay:main', word], headers)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })
})

describe('a marketplace that is not built in', () => {
  const find = (id: string) => {
    if (id !== 'shop') throw new TokenctlError('MARKETPLACE_UNKNOWN', `There is no ${id}.`)
  }
  const broken = new TokenctlError('SETTINGS_INVALID', 'The account bad:main cannot be used.')

  test('is known by its accounts, or by its manifest', () => {
    const own = header({ account: 'shop:main' })
    expect(select(['shop'], [...headers, own]).headers).toEqual([own])
    expect(select(['shop'], headers, [], find)).toEqual({ headers: [], missing: ['shop'] })
    expect(() => select(['shpo'], headers, [], find)).toThrow('There is no shpo.')
  })

  test('whose manifest is no good fails what names it, and nothing else', () => {
    const bad = [{ key: 'account/bad:main', error: broken }]
    expect(() => select(['bad'], headers, bad)).toThrow(broken)
    expect(() => select(['bad:main'], headers, bad)).toThrow(broken)
    expect(select([], headers, bad).headers).toEqual(headers)
    expect(select(['ebay:main'], headers, bad).headers).toHaveLength(1)
  })
})

describe('an account that is not there', () => {
  test('the nearest that is', () => {
    const error = unknownAccount({ marketplace: 'ebay', name: 'outlat' }, headers)
    expect(error).toMatchObject({ code: 'ACCOUNT_UNKNOWN', message: 'There is no account ebay:outlat.' })
    expect(error.fix).toMatch(/^Did you mean ebay:outlet\? /)
  })

  test('with none at all, no guess', () => {
    const { fix } = unknownAccount({ marketplace: 'ebay', name: 'main' }, [])
    expect(fix).not.toContain('Did you mean')
  })

  test('one that is unreadable is that, and not unknown', () => {
    expect(unknownAccount({ marketplace: 'ebay', name: 'third' }, headers, unreadable)).toBe(damage)
  })

  test('a name that may be a token is not repeated', () => {
    const name = '50000'.padEnd(50, '1')
    const { message } = unknownAccount({ marketplace: 'aliexpress', name }, headers)
    expect(message).toBe('There is no account aliexpress:….')
  })
})

test('the account of a record’s key', () => {
  expect(unreadable.map(accountOf)).toEqual([{ marketplace: 'ebay', name: 'third' }, undefined])
  expect(refOf(header({ account: 'ebay:main' }))).toEqual({ marketplace: 'ebay', name: 'main' })
})
