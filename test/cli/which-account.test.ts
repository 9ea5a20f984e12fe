/** The account that a bare marketplace means: the only one, a new one, or the one that a person picks. */
import { describe, expect, test } from 'vitest'
import { accountsOf, onlyAccount } from '../../src/cli/which-account.ts'
import { askRegion } from '../../src/cli/which-region.ts'
import { tokenSet } from '../support/accounts.ts'
import { testWorld } from '../support/world.ts'

const three = ['ebay:main', 'ebay:outlet', 'amazon:main'].map(account => tokenSet({ account }))

describe('the accounts of a marketplace', () => {
  test('are those of it alone, in their order', async () => {
    const world = await testWorld({ accounts: three })
    const found = await accountsOf('ebay', 'login', false, world)
    expect(found.map(({ account }) => account)).toEqual(['ebay:main', 'ebay:outlet'])
    expect(await accountsOf('aliexpress', 'login', false, world)).toEqual([])
  })
})

describe('without a name', () => {
  test.each([
    ['none is there', [], 'default'],
    ['one is there', ['ebay:outlet'], 'outlet'],
  ])('%s: nobody is asked', async (_, names, name) => {
    const headers = names.map(account => tokenSet({ account }).header)
    const world = await testWorld({ answers: ['never'] })
    expect(await onlyAccount('ebay', headers, 'Which?', world)).toEqual({ marketplace: 'ebay', name })
    expect(world.asked).toEqual([])
  })

  test('several are there: the person picks', async () => {
    const headers = three.slice(0, 2).map(({ header }) => header)
    const world = await testWorld({ answers: ['ebay:outlet'] })
    expect(await onlyAccount('ebay', headers, 'Which?', world)).toEqual({
      marketplace: 'ebay',
      name: 'outlet',
    })
    expect(world.asked).toEqual(['Which?'])
  })
})

test('the region is what the person picks', async () => {
  const world = await testWorld({ answers: ['fe'] })
  expect(await askRegion(world)).toBe('fe')
  expect(world.asked).toEqual(["The seller's region?"])
})
