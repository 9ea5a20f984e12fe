/** An import beside other runs: what a killed one left is finished first, and what a live one does meanwhile is seen. */
import { describe, expect, test } from 'vitest'
import { importRun } from '../../../src/cli/commands/import.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import { tokenSet } from '../../support/accounts.ts'
import { NOW, type TestWorld, testWorld } from '../../support/world.ts'

const documentOf = (...accounts: readonly Record<string, unknown>[]) =>
  JSON.stringify({ version: 1, accounts })
const shop = (name: string) => ({ marketplace: 'aliexpress', name })

test('a token that is imported in the place of a dead one ends the time in which the account was dead', async () => {
  const refused = { code: 'GRANT_REJECTED', at: NOW - 2 * DAY } as const
  const dead = tokenSet({
    account: 'ebay:main',
    consentAt: NOW - 30 * DAY,
    acceptedAt: NOW - 9 * DAY,
    refused,
  })
  const stdin = documentOf({ account: 'ebay:main', refreshToken: 'v^1.1#new', consentAt: '2026-11-20' })
  const world = await testWorld({ accounts: [dead], stdin })
  expect(await importRun({ replace: true }, world)).toBe(0)
  const stored = await world.vault.account({ marketplace: 'ebay', name: 'main' })
  expect(stored?.header.gap).toEqual({ from: NOW - 9 * DAY, to: NOW })
  expect(stored?.header.refused).toBeNull()
})

/** Leaves what a renewal leaves that was killed when its answer was in, and before that was stored. */
async function leaveAnswer({ vault }: TestWorld, account: string): Promise<void> {
  const open = await (await vault.journal()).present({
    account,
    purpose: 'refresh',
    mayReplace: true,
    generation: 0,
    at: NOW - DAY,
    wasLost: false,
    token: new Secret('old-token'),
    app: 'default',
    region: null,
    environment: 'production',
  })
  const body = JSON.stringify({
    code: '0',
    access_token: 'new-access',
    refresh_token: 'new-token',
    expires_in: 864000,
    refresh_expires_in: 5184000,
    expire_time: NOW + 9 * DAY,
    refresh_token_valid_time: NOW + 59 * DAY,
  })
  await open.keep({ sentAt: NOW - DAY, response: { status: 200, headers: {}, body }, isCut: false })
  open.close()
}

const two = () => [tokenSet({ account: 'aliexpress:one' }), tokenSet({ account: 'aliexpress:two' })]

describe('the answer that a killed renewal left', () => {
  const older = documentOf(
    { account: 'aliexpress:new', refreshToken: 'another' },
    { account: 'aliexpress:two', refreshToken: 'old-token' },
  )

  test('is stored before anything is planned: the spent token of the document is seen to be older', async () => {
    const world = await testWorld({ accounts: two(), stdin: older })
    await leaveAnswer(world, 'aliexpress:two')
    await expect(importRun({ replace: true }, world)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('an older token of aliexpress:two'),
      fix: expect.stringContaining('Nothing was changed.'),
    })
    expect((await world.vault.account(shop('two')))?.secrets.refreshToken?.reveal()).toBe('new-token')
    expect(await world.vault.account(shop('new'))).toBeUndefined()
  })

  test('stops no import of a later consent', async () => {
    const later = { account: 'aliexpress:two', refreshToken: 'consented', consentAt: '2026-11-22' }
    const world = await testWorld({ accounts: two(), stdin: documentOf(later) })
    await leaveAnswer(world, 'aliexpress:two')
    expect(await importRun({ replace: true }, world)).toBe(0)
    const stored = await world.vault.account(shop('two'))
    expect(stored?.secrets.refreshToken?.reveal()).toBe('consented')
    expect(stored?.secrets.previous?.refreshToken.reveal()).toBe('new-token')
    expect(world.noted.map(({ action }) => action)).toEqual(['recover', 'import'])
    expect(world.terminal.shown.out).toBe('aliexpress:two: replaced\n')
  })

  test('waits where nothing is to be written: --dry-run leaves it alone and says nothing', async () => {
    const world = await testWorld({ accounts: two(), stdin: older })
    await leaveAnswer(world, 'aliexpress:two')
    expect(await importRun({ dryRun: true, replace: true }, world)).toBe(0)
    expect(await (await world.vault.journal()).read('aliexpress:two')).toMatchObject({ state: 'readable' })
    expect((await world.vault.account(shop('two')))?.secrets.refreshToken?.reveal()).toBe('old-token')
    expect(world.noted).toEqual([])
    expect(world.terminal.shown.out).toMatch(/^aliexpress:two: the same/m)
  })
})

/** Another run does `work` after the plan: when the lock on `name` is taken for the second time. */
function meanwhile(world: TestWorld, name: string, work: () => Promise<unknown>): void {
  const { locks } = world.vault
  let taken = 0
  const hold = async <T>(wanted: string, ours: () => Promise<T>): Promise<T> => {
    if (wanted === name && ++taken === 2) await work()
    return await locks.hold(wanted, ours)
  }
  Object.defineProperty(world.vault, 'locks', { value: { hold } })
}

describe('an account that another run changes after the plan', () => {
  const renewed = async (world: TestWorld) => {
    const stored = await world.vault.account(shop('two'))
    if (stored === undefined) throw new Error('it is not there')
    const { header, secrets } = stored
    const next = { ...header, renewedAt: NOW - DAY, generation: header.generation + 1 }
    await world.vault.saveAccount({ header: next, secrets }, stored.revision)
  }
  const changed = { account: 'aliexpress:two', refreshToken: 'old-token', consentAt: '2026-11-01' }

  test('is planned again by what is there now', async () => {
    const world = await testWorld({ accounts: two(), stdin: documentOf(changed) })
    meanwhile(world, 'aliexpress:two', () => renewed(world))
    expect(await importRun({ replace: true }, world)).toBe(0)
    expect((await world.vault.account(shop('two')))?.header).toMatchObject({
      consentAt: Date.UTC(2026, 10, 1),
      renewedAt: NOW - DAY,
      generation: 1,
    })
  })

  test('to what the document says: nothing is to be done any more', async () => {
    const world = await testWorld({ accounts: two(), stdin: documentOf(changed) })
    meanwhile(world, 'aliexpress:two', async () => {
      const stored = await world.vault.account(shop('two'))
      if (stored === undefined) throw new Error('it is not there')
      const header = { ...stored.header, consentAt: Date.UTC(2026, 10, 1) }
      await world.vault.saveAccount({ header, secrets: stored.secrets }, stored.revision)
    })
    expect(await importRun({ replace: true, json: true }, world)).toBe(0)
    expect(JSON.parse(world.terminal.shown.out).results).toEqual([{ name: 'aliexpress:two', change: 'same' }])
    expect(world.noted).toEqual([])
  })

  const brought = (account: string, change = {}) => tokenSet({ account, ...change })
  test.each([
    [
      'is there now, with another token',
      'USAGE',
      'Already there with other content: aliexpress:later.',
      {},
      brought('aliexpress:later'),
    ],
    [
      'has a token now that a renewal gave',
      'USAGE',
      'The document holds an older token of aliexpress:later than the one stored here.',
      { replace: true },
      brought('aliexpress:later', { acceptedAt: NOW, consentAt: NOW }),
    ],
    [
      'belongs to another environment now',
      'ENVIRONMENT_MISMATCH',
      'Stored here for another environment than the one that is set now: aliexpress:later.',
      { replace: true },
      brought('aliexpress:later', { environment: 'local' }),
    ],
  ])(
    '%s: refused as the plan would, and that what came before it is stored is said',
    async (_, code, message, how, set) => {
      const stdin = documentOf(
        { account: 'aliexpress:first', refreshToken: 'first' },
        { account: 'aliexpress:later', refreshToken: 'later' },
      )
      const world = await testWorld({ accounts: two(), stdin })
      meanwhile(world, 'aliexpress:later', () => world.vault.saveAccount(set, null))
      await expect(importRun(how, world)).rejects.toMatchObject({
        code,
        message,
        fix: expect.stringContaining('What stands before it in the document, apps first, is imported'),
      })
      expect(await world.vault.account(shop('first'))).toBeDefined()
      expect((await world.vault.account(shop('later')))?.secrets.refreshToken?.reveal()).toBe('old-token')
    },
  )
})
