/** What an account missed: shown until a person acknowledges it. */
import { describe, expect, test } from 'vitest'
import { accountsAckRun } from '../../../src/cli/commands/accounts-ack.ts'
import { renewRun } from '../../../src/cli/commands/renew.ts'
import { statusRun } from '../../../src/cli/commands/status.ts'
import { renewedRun } from '../../../src/cli/commands/track.ts'
import { ackSchema } from '../../../src/cli/shapes/ack-shape.ts'
import { statusSchema } from '../../../src/cli/shapes/status-shape.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { NO_SECRETS } from '../../../src/tokens/token-set.ts'
import { at, header, tokenSet } from '../../support/accounts.ts'
import { NOW, testWorld } from '../../support/world.ts'

const EBAY = { marketplace: 'ebay', name: 'main' }
// Shown in local time, whose day may be the next or the one before.
const gap = { from: at('2026-11-01T12:00:00Z'), to: at('2026-11-20T12:00:00Z') }
const iso = { from: '2026-11-01T12:00:00Z', to: '2026-11-20T12:00:00Z' }
const main = tokenSet({ consentAt: NOW, gap })
const outlet = tokenSet({ account: 'ebay:outlet', consentAt: NOW, gap })
const amazon = tokenSet({ account: 'amazon:main', consentAt: NOW })

describe('accounts ack', () => {
  test('takes the gap away and nothing else, says so, and writes it down', async () => {
    const world = await testWorld({ accounts: [main, outlet] })
    const before = await world.vault.account(EBAY)
    expect(await accountsAckRun({ accounts: ['ebay:main'] }, world)).toBe(0)
    const after = await world.vault.account(EBAY)
    expect(after?.header).toEqual({ ...before?.header, gap: null })
    expect(after?.secrets).toEqual(before?.secrets)
    expect((await world.vault.account({ ...EBAY, name: 'outlet' }))?.header.gap).toEqual(gap)
    expect(world.terminal.shown.out).toMatch(
      /^ebay:main: acknowledged that the orders from 2026-11-0\d \d\d:\d\d to 2026-11-2\d \d\d:\d\d were fetched\.\n$/,
    )
    expect(world.noted).toMatchObject([{ action: 'ack', subject: 'ebay:main', outcome: 'done' }])
  })

  test('of a marketplace: of all of its accounts that have one', async () => {
    const world = await testWorld({ accounts: [main, outlet, amazon] })
    expect(await accountsAckRun({ accounts: ['ebay', 'amazon'], json: true }, world)).toBe(0)
    const report = ackSchema.parse(JSON.parse(world.terminal.shown.out))
    expect(report.acknowledged).toEqual([
      { account: 'ebay:main', gap: iso },
      { account: 'ebay:outlet', gap: iso },
    ])
  })

  test('nothing to acknowledge is said, and no failure', async () => {
    const world = await testWorld({ accounts: [amazon] })
    expect(await accountsAckRun({ accounts: ['amazon:main'] }, world)).toBe(0)
    expect(world.terminal.shown).toEqual({
      out: '',
      err: 'Nothing to acknowledge: none of them was dead since the last time.\n',
    })
    expect(await accountsAckRun({ accounts: ['amazon:main'], json: true }, world)).toBe(0)
    expect(JSON.parse(world.terminal.shown.out)).toEqual({ version: 1, acknowledged: [] })
    expect(world.noted).toEqual([])
  })

  test.each([
    ['an account that is not there', 'ebay:mian', 'ACCOUNT_UNKNOWN'],
    ['a marketplace that nothing is connected to', 'aliexpress', 'NOT_LOGGED_IN'],
    ['a marketplace that there is none of', 'shopify', 'MARKETPLACE_UNKNOWN'],
  ])('%s', async (_, word, code) => {
    const world = await testWorld({ accounts: [main] })
    await expect(accountsAckRun({ accounts: [word] }, world)).rejects.toMatchObject({ code })
  })

  test('one account that cannot be written stops no other, and gives the exit status', async () => {
    const world = await testWorld({ accounts: [main, outlet] })
    const save = world.vault.saveAccount.bind(world.vault)
    world.vault.saveAccount = (set, after) =>
      set.header.account === 'ebay:main'
        ? Promise.reject(new TokenctlError('WRITE_FAILED', 'The disk is full.'))
        : save(set, after)
    expect(await accountsAckRun({ accounts: ['ebay'], json: true }, world)).toBe(5)
    expect(JSON.parse(world.terminal.shown.out).acknowledged).toEqual([{ account: 'ebay:outlet', gap: iso }])
    expect(world.terminal.shown.err).toContain('The disk is full.')
  })

  test('a record that cannot be read is told, as one that was named', async () => {
    const world = await testWorld({ accounts: [main, outlet] })
    const listing = await world.vault.listing()
    const error = new TokenctlError('RECORD_UNREADABLE', 'It is damaged.')
    const [, second] = listing.accounts
    world.vault.listing = async () => ({
      ...listing,
      accounts: second === undefined ? [] : [second],
      unreadable: [{ key: 'account/ebay:main', error }],
    })
    expect(await accountsAckRun({ accounts: ['ebay:outlet'] }, world)).toBe(0)
    expect(await accountsAckRun({ accounts: ['ebay:main'] }, world)).toBe(5)
    expect(await accountsAckRun({ accounts: ['ebay'] }, world)).toBe(5)
    expect(world.terminal.shown.err).toContain('It is damaged.')
  })
})

describe('status', () => {
  const status = async (options: object) => {
    const world = await testWorld({ accounts: [main, amazon] })
    expect(await statusRun({ accounts: [], ...options }, world)).toBe(0)
    return world.terminal.shown
  }

  test('--json has it in every row, null where there is none', async () => {
    const report = statusSchema.parse(JSON.parse((await status({ json: true })).out))
    expect(report.accounts.map(row => [row.account, row.gap])).toEqual([
      ['ebay:main', iso],
      ['amazon:main', null],
    ])
  })

  test('for people: below the table, with the two next steps', async () => {
    const { out } = await status({})
    expect(out).toMatch(
      /\n\nebay:main was dead from 2026-11-0\d \d\d:\d\d to 2026-11-2\d \d\d:\d\d: orders of that time may be missing\. Fetch them again, then: tokenctl accounts ack ebay:main\n/,
    )
    expect(out).not.toContain('ack amazon')
  })

  test('--plain is the table alone', async () => {
    expect((await status({ plain: true })).out).not.toContain('dead')
  })

  test('a quota that is nearly used up is noted', async () => {
    const dailyCounts = { count: () => 49_000, add: () => true }
    const world = await testWorld({ accounts: [main], dailyCounts })
    await statusRun({ accounts: [], json: true }, world)
    const { warnings } = statusSchema.parse(JSON.parse(world.terminal.shown.out))
    expect(warnings.join()).toContain("eBay app default: 1,000 of today's 50,000 refreshes are left")
  })

  test('an account that an unattended run leaves alone says until when', async () => {
    const failing = { code: 'NETWORK_FAILED', count: 9, since: at('2026-11-21T12:00:00Z'), notBefore: null }
    const lastAttempt = { at: NOW, outcome: 'failed', code: 'NETWORK_FAILED' } as const
    const due = tokenSet({ consentAt: at('2026-03-01'), failing, lastAttempt })
    const world = await testWorld({ accounts: [due] })
    await statusRun({ accounts: [], json: true }, world)
    const [row] = statusSchema.parse(JSON.parse(world.terminal.shown.out)).accounts
    expect(row?.next.command).toBe('tokenctl renew ebay:main')
    expect(row?.next.reason).toMatch(
      /passed; it failed 9 times in a row since 2026-11-2\d .* \(NETWORK_FAILED\), and an unattended run asks again after 2026-11-2/,
    )
  })
})

describe('renewed', () => {
  const dead = (account: string) => ({
    header: header({ account, holdsToken: false, app: null, consentAt: at('2025-11-01T12:00:00Z') }),
    secrets: NO_SECRETS,
  })
  const from = at('2026-11-01T12:00:00Z')

  test.each<[string, string | undefined, number]>([
    ['now', undefined, NOW],
    ['on a day, of which nobody knows the hour: until its end', '2026-11-20', at('2026-11-21')],
    ['today: until now', '2026-11-22', NOW],
  ])('a shop that was dead came back %s', async (_, on, to) => {
    const world = await testWorld({ accounts: [dead('ebay:main')] })
    await renewedRun({ account: 'ebay:main', ...(on === undefined ? {} : { on }) }, world)
    expect((await world.vault.account(EBAY))?.header.gap).toEqual({ from, to })
    expect(world.terminal.shown.out).toContain('tokenctl accounts ack ebay:main')
  })

  test('a shop that was renewed before it died was not', async () => {
    const world = await testWorld({ accounts: [dead('ebay:main')] })
    await renewedRun({ account: 'ebay:main', on: '2026-10-20' }, world)
    expect((await world.vault.account(EBAY))?.header.gap).toBeNull()
  })

  test('an Amazon shop that has answered since its estimated end was not', async () => {
    const given = { account: 'amazon:main', consentAt: at('2025-11-01'), acceptedAt: at('2026-11-10') }
    const world = await testWorld({ accounts: [tokenSet(given)] })
    await renewedRun({ account: 'amazon:main' }, world)
    expect((await world.vault.account({ marketplace: 'amazon', name: 'main' }))?.header.gap).toBeNull()
  })
})

describe('renew --due of an account that fails again and again', () => {
  const failing = { code: 'CLIENT_REJECTED', count: 6, since: at('2026-11-20T12:00:00Z'), notBefore: null }
  const lastAttempt = { at: NOW, outcome: 'failed', code: 'CLIENT_REJECTED' } as const
  const due = tokenSet({ consentAt: at('2026-03-01'), failing, lastAttempt })

  test('ends with the code’s exit status, in local time, and names the way around', async () => {
    const world = await testWorld({ accounts: [due] })
    expect(await renewRun({ accounts: [], due: true, concurrency: '4' }, world)).toBe(3)
    expect(world.terminal.shown.out).toMatch(
      /^ebay:main: Not asked now: it failed 6 times in a row since 2026-11-2\d \d\d:\d\d \(CLIENT_REJECTED\), and an unattended run asks again after 2026-11-2\d \d\d:\d\d\.\n {2}Fix: Check the app keys: `tokenctl app set <marketplace>`\. Then `tokenctl renew ebay:main` asks now\.\n$/,
    )
  })

  test('--dry-run says it too', async () => {
    const world = await testWorld({ accounts: [due] })
    expect(await renewRun({ accounts: [], due: true, dryRun: true, concurrency: '4' }, world)).toBe(0)
    expect(world.terminal.shown.out).toMatch(
      /^ebay:main {2}would not be asked now: renew by .* has passed; it failed 6 times in a row since /,
    )
  })
})
