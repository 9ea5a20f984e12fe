import { describe, expect, test } from 'vitest'
import { oneAccount } from '../../../src/cli/scripts/one-account.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { header } from '../../support/accounts.ts'

const damage = (key: string) => ({ key, error: new TokenctlError('RECORD_UNREADABLE', `${key} is damaged.`) })

function listing(accounts: readonly string[], unreadable: readonly string[] = []) {
  return {
    accounts: accounts.map(account => header({ account })),
    unreadable: unreadable.map(damage),
  }
}

describe('the account that is meant', () => {
  test.each<[string, readonly string[], readonly string[], string]>([
    ['ebay:main', ['ebay:main', 'ebay:outlet'], [], 'ebay:main'],
    ['ebay', ['amazon:eu', 'ebay:main'], [], 'ebay:main'],
    ['ebay:main', ['ebay:main'], ['account/ebay:outlet'], 'ebay:main'],
    ['ebay', ['ebay:main'], ['account/amazon:eu', 'app/ebay:default'], 'ebay:main'],
  ])('%s of %j (damaged: %j)', (word, accounts, unreadable, meant) => {
    expect(oneAccount(word, listing(accounts, unreadable)).account).toBe(meant)
  })

  test.each<[string, readonly string[], readonly string[], string, RegExp]>([
    ['ebay', [], [], 'NOT_LOGGED_IN', /tokenctl login ebay/],
    ['amazon:eu', ['ebay:main'], [], 'NOT_LOGGED_IN', /tokenctl set-amazon/],
    ['ebay:mian', ['ebay:main'], [], 'ACCOUNT_UNKNOWN', /Did you mean ebay:main\?/],
    ['etsi', ['ebay:main'], [], 'MARKETPLACE_UNKNOWN', /./],
    ['ebay:Main', ['ebay:main'], [], 'USAGE', /small letters/],
    ['', ['ebay:main'], [], 'MARKETPLACE_UNKNOWN', /./],
    ['ebay', ['ebay:a', 'ebay:b'], [], 'USAGE', /ebay:a, ebay:b\.$/],
    ['ebay', 'abcdefg'.split('').map(name => `ebay:${name}`), [], 'USAGE', /ebay:e, and 2 more\.$/],
    ['ebay:main', [], ['account/ebay:main'], 'RECORD_UNREADABLE', /./],
    // The one that cannot be read could be the one that is meant.
    ['ebay', ['ebay:main'], ['account/ebay:outlet'], 'RECORD_UNREADABLE', /./],
    ['ebay', [], ['account/ebay:main'], 'RECORD_UNREADABLE', /./],
  ])('%s of %j (damaged: %j) is %s', (word, accounts, unreadable, code, fix) => {
    const ask = () => oneAccount(word, listing(accounts, unreadable))
    expect(ask).toThrow(expect.objectContaining({ code, fix: expect.stringMatching(fix) }))
  })
})
