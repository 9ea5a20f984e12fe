/** Shops that are followed by their dates alone. */
import { describe, expect, test } from 'vitest'
import { renewRun } from '../../../src/cli/commands/renew.ts'
import { renewedRun, trackRun } from '../../../src/cli/commands/track.ts'
import { accountResultSchema } from '../../../src/cli/shapes/account-shape.ts'
import { NO_SECRETS } from '../../../src/tokens/token-set.ts'
import { at, header, tokenSet } from '../../support/accounts.ts'
import { NOW, testWorld } from '../../support/world.ts'

const EBAY = { marketplace: 'ebay', name: 'main' }
const tracked = {
  header: header({ holdsToken: false, app: null, consentAt: at('2026-08-01') }),
  secrets: NO_SECRETS,
}

describe('track', () => {
  test('a new account: its dates, no token, no app', async () => {
    const world = await testWorld()
    expect(await trackRun({ account: 'ebay:main', consented: '2026-10-01', json: true }, world)).toBe(0)
    const stored = await world.vault.account(EBAY)
    expect(stored?.header).toMatchObject({
      holdsToken: false,
      app: null,
      consentAt: at('2026-10-01'),
      renewedAt: null,
    })
    expect(stored?.secrets).toEqual(NO_SECRETS)
    expect(accountResultSchema.parse(JSON.parse(world.terminal.shown.out))).toMatchObject({
      account: 'ebay:main',
      outcome: 'recorded',
      consentAt: '2026-10-01T00:00:00Z',
      renewBy: '2027-01-01T00:00:00Z',
      ends: { at: '2027-10-01T00:00:00Z', basis: 'estimated' },
    })
  })

  test('on an account with a token it corrects the day and leaves the token alone', async () => {
    const world = await testWorld({ accounts: [tokenSet({ consentAt: at('2026-10-01'), generation: 3 })] })
    expect(await trackRun({ account: 'ebay:main', consented: '2026-09-01' }, world)).toBe(0)
    const stored = await world.vault.account(EBAY)
    expect(stored?.header).toMatchObject({ holdsToken: true, consentAt: at('2026-09-01'), generation: 3 })
    expect(stored?.secrets.refreshToken?.reveal()).toBe('old-token')
  })

  test('a consent after the last renewal counts as one', async () => {
    const world = await testWorld({ accounts: [tokenSet({ renewedAt: at('2026-08-01') })] })
    await trackRun({ account: 'ebay:main', consented: '2026-11-01' }, world)
    expect((await world.vault.account(EBAY))?.header.renewedAt).toBe(at('2026-11-01'))
  })

  test.each([
    [
      'a later day, after the end: dead from that end until the day was over',
      { consentAt: at('2025-05-01') },
      '2026-11-01',
      { from: at('2026-05-01'), to: at('2026-11-02') },
    ],
    [
      'today: dead until now',
      { consentAt: at('2025-05-01') },
      '2026-11-22',
      { from: at('2026-05-01'), to: NOW },
    ],
    ['a later day, before the end: it never was dead', { consentAt: at('2025-05-01') }, '2026-02-01', null],
    ['an earlier day brings nothing back', { consentAt: at('2025-05-01') }, '2025-04-01', null],
    [
      'a later day whose consent is over again: dead between the two',
      { consentAt: at('2023-05-01') },
      '2024-07-01',
      { from: at('2024-05-01'), to: at('2024-07-02') },
    ],
    [
      'a token that was refused stays so, whatever is written down',
      {
        holdsToken: true,
        consentAt: at('2025-05-01'),
        refused: { code: 'GRANT_REJECTED' as const, at: NOW },
      },
      '2026-11-01',
      null,
    ],
  ])('the gap of a shop whose consent ended: %s', async (_, before, consented, gap) => {
    const set = { header: header({ holdsToken: false, app: null, ...before }), secrets: NO_SECRETS }
    const world = await testWorld({ accounts: [set] })
    expect(await trackRun({ account: 'ebay:main', consented }, world)).toBe(0)
    expect((await world.vault.account(EBAY))?.header.gap).toEqual(gap)
  })

  test.each([
    ['a name that is none', { account: 'ebay:Main', consented: '2026-08-01' }, 'USAGE'],
    ['a day to come', { account: 'ebay:main', consented: '2026-11-24' }, 'USAGE'],
    ['no day', { account: 'ebay:main', consented: 'today' }, 'USAGE'],
    ['no marketplace', { account: 'shopify:main', consented: '2026-08-01' }, 'MARKETPLACE_UNKNOWN'],
  ])('%s: nothing is stored', async (_, options, code) => {
    const world = await testWorld()
    await expect(trackRun(options, world)).rejects.toMatchObject({ code })
    expect((await world.vault.listing()).accounts).toEqual([])
  })

  test('tomorrow by UTC is today somewhere', async () => {
    const world = await testWorld()
    expect(await trackRun({ account: 'ebay:main', consented: '2026-11-23' }, world)).toBe(0)
  })
})

describe('renewed', () => {
  test('both clocks begin again, today or on the day said', async () => {
    const world = await testWorld({ accounts: [tracked] })
    await renewedRun({ account: 'ebay:main' }, world)
    expect((await world.vault.account(EBAY))?.header).toMatchObject({
      consentAt: NOW,
      renewedAt: NOW,
      generation: 1,
    })
    await renewedRun({ account: 'ebay:main', on: '2026-11-20' }, world)
    expect((await world.vault.account(EBAY))?.header.renewedAt).toBe(at('2026-11-20'))
  })

  test('not for a shop that nobody follows', async () => {
    const world = await testWorld({ accounts: [tracked] })
    await expect(renewedRun({ account: 'ebay:mian' }, world)).rejects.toMatchObject({
      code: 'ACCOUNT_UNKNOWN',
      fix: expect.stringContaining('Did you mean ebay:main?'),
    })
  })

  test('not for what the program renews itself', async () => {
    const world = await testWorld({ accounts: [tokenSet()] })
    await expect(renewedRun({ account: 'ebay:main' }, world)).rejects.toMatchObject({
      code: 'USAGE',
      fix: expect.stringContaining('tokenctl renew ebay:main'),
    })
  })

  test('nor for a token that was refused: a day written down would only hide that', async () => {
    const refused = { code: 'GRANT_REJECTED' as const, at: NOW }
    const world = await testWorld({ accounts: [tokenSet({ account: 'amazon:main', refused })] })
    await expect(renewedRun({ account: 'amazon:main' }, world)).rejects.toMatchObject({
      code: 'USAGE',
      fix: expect.stringContaining('tokenctl set-amazon main'),
    })
  })

  test('but for an Amazon account, whose seller was shown the same token again', async () => {
    const world = await testWorld({ accounts: [tokenSet({ account: 'amazon:main' })] })
    expect(await renewedRun({ account: 'amazon:main' }, world)).toBe(0)
  })
})

describe('renew, of a tracked shop', () => {
  const options = { accounts: ['ebay:main'], concurrency: '4' }
  test('unattended: 3, and nobody is asked', async () => {
    const world = await testWorld({ accounts: [tracked] })
    expect(await renewRun(options, world)).toBe(3)
    expect(world.terminal.shown.out).toMatch(
      /^ebay:main: A person must act: .*"Reset credentials".*\n {2}Next: tokenctl renewed ebay:main\n$/,
    )
  })

  test('of a shop that is fine: 0, and nothing is asked', async () => {
    const fresh = { ...tracked, header: { ...tracked.header, consentAt: NOW } }
    const world = await testWorld({ accounts: [fresh] })
    expect(await renewRun(options, world)).toBe(0)
    expect(world.terminal.shown.out).toMatch(/^ebay:main: Nothing is due; renew by \S+\.\n$/)
  })

  test('at a terminal: where to click, whether it was done, and that is recorded', async () => {
    const world = await testWorld({ accounts: [tracked], answers: [true] })
    expect(await renewRun(options, world)).toBe(0)
    expect(world.terminal.shown.err).toContain('Reset credentials')
    expect(world.asked).toEqual(['Was it done?'])
    expect((await world.vault.account(EBAY))?.header.renewedAt).toBe(NOW)
  })

  test('at a terminal, not done: 3, and nothing is recorded', async () => {
    const world = await testWorld({ accounts: [tracked], answers: [false] })
    expect(await renewRun(options, world)).toBe(3)
    expect((await world.vault.account(EBAY))?.header.renewedAt).toBeNull()
  })
})
