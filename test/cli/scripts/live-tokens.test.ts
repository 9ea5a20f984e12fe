/** Which account a word of the line is, and whose token stands under which name: what is not there ends the run. */
import { describe, expect, test } from 'vitest'
import { accountsMeant, accountsOf, tokenOf } from '../../../src/cli/scripts/live-tokens.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { header, tokenSet } from '../../support/accounts.ts'
import { NOW, testWorld } from '../../support/world.ts'

const BUG = expect.objectContaining({ code: 'BUG' })

describe('the accounts of words', () => {
  const meant = async () => {
    const accounts = [tokenSet({ account: 'ebay:main' }), tokenSet({ account: 'amazon:eu' })]
    return await accountsMeant(['amazon', 'ebay:main', 'ebay'], 'exec', await testWorld({ accounts }))
  }

  test.each([
    [['ebay'], ['ebay:main']],
    [
      ['ebay:main', 'ebay'],
      ['ebay:main', 'ebay:main'],
    ],
    [
      ['ebay', 'amazon'],
      ['ebay:main', 'amazon:eu'],
    ],
    [[], []],
  ])('%j: %j, in whichever order they were looked up', async (words, accounts) => {
    expect(accountsOf(words, await meant())).toEqual(accounts)
  })

  test('one that was not looked up is our fault', async () => {
    const all = await meant()
    expect(() => accountsOf(['amazon:eu'], all)).toThrow(BUG)
  })
})

describe('the token of an account', () => {
  const token = (account: string) => ({
    header: header({ account }),
    accessToken: new Secret(`access-of-${account}`),
    expiresAt: NOW,
    wasRenewed: false,
  })
  const tokens = [token('ebay:main'), token('ebay:outlet')]

  test('is its own', () => {
    expect(tokenOf('ebay:outlet', tokens).accessToken.reveal()).toBe('access-of-ebay:outlet')
  })

  test('is never left out in silence', () => expect(() => tokenOf('ebay', tokens)).toThrow(BUG))
})
