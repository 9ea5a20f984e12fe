import { expect, test } from 'vitest'
import { importRun } from '../../../src/cli/commands/import.ts'
import { DAY } from '../../../src/tokens/time.ts'
import { tokenSet } from '../../support/accounts.ts'
import { NOW, testWorld } from '../../support/world.ts'

test('a token that is imported in the place of a dead one ends the time in which the account was dead', async () => {
  const refused = { code: 'GRANT_REJECTED', at: NOW - 2 * DAY } as const
  const dead = tokenSet({
    account: 'ebay:main',
    consentAt: NOW - 30 * DAY,
    acceptedAt: NOW - 9 * DAY,
    refused,
  })
  const account = { account: 'ebay:main', refreshToken: 'v^1.1#new', consentAt: '2026-11-20' }
  const stdin = JSON.stringify({ version: 1, accounts: [account] })
  const world = await testWorld({ accounts: [dead], stdin })
  expect(await importRun({ replace: true }, world)).toBe(0)
  const stored = await world.vault.account({ marketplace: 'ebay', name: 'main' })
  expect(stored?.header.gap).toEqual({ from: NOW - 9 * DAY, to: NOW })
  expect(stored?.header.refused).toBeNull()
})
