import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { liveToken } from '../../src/renewal/live-token.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR, MINUTE } from '../../src/tokens/time.ts'
import type { AccountHeader, AccountSecrets } from '../../src/tokens/token-set.ts'
import { at, issued } from '../support/accounts.ts'
import { fakeClock } from '../support/clock.ts'
import { type Answer, type ScriptedRun, scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const OK = { consentAt: NOW - 100 * DAY, renewedAt: NOW - DAY }
const LIVES = { ...OK, acceptedAt: NOW - HOUR, accessExpiresAt: NOW + HOUR }
const ENDED = { ...OK, acceptedAt: NOW - 3 * HOUR, accessExpiresAt: NOW - HOUR }
const yes: Answer = () => issued({ accessToken: new Secret('new-access'), accessExpiresAt: NOW + 2 * HOUR })
const never: Answer = () => expect.unreachable('the marketplace was asked')

interface Asked {
  readonly account?: string
  readonly given?: Partial<AccountHeader>
  readonly secrets?: Partial<AccountSecrets>
  readonly minValidMs?: number | null
  readonly answer?: Answer
}

async function setUp({ account = 'ebay:main', given = LIVES, secrets, answer = never }: Asked) {
  const run = scriptedRun({ answer, clock: fakeClock(NOW) })
  const header = await run.add(account, given, { accessToken: new Secret('old-access'), ...secrets })
  const [marketplace = '', name = ''] = account.split(':')
  const ask = (minValidMs: number | null = null) =>
    liveToken({ account: { marketplace, name }, header }, minValidMs, run.ports)
  return { run, ask }
}

async function asked(what: Asked): Promise<{ token: string; run: ScriptedRun; wasRenewed: boolean }> {
  const { run, ask } = await setUp(what)
  const { accessToken, wasRenewed } = await ask(what.minValidMs)
  return { token: accessToken.reveal(), run, wasRenewed }
}

async function refusal(what: Asked): Promise<TokenctlError> {
  const { ask } = await setUp(what)
  return await ask(what.minValidMs).then(
    () => expect.unreachable('a token came'),
    error => error,
  )
}

describe('the stored token', () => {
  test.each<[string, Asked]>([
    ['where it lives', {}],
    ['where it lives as long as is wanted', { minValidMs: HOUR }],
    ['by the margin of the marketplace', { given: { ...LIVES, accessExpiresAt: NOW + MINUTE } }],
    [
      'whatever the dates of the consent say',
      { given: { ...LIVES, consentAt: NOW - 500 * DAY, renewedAt: null } },
    ],
    [
      'while an answer is unconfirmed',
      { account: 'aliexpress:main', given: { ...LIVES, presentedAt: NOW - HOUR } },
    ],
  ])('%s', async (_, what) => {
    const { token, run, wasRenewed } = await asked(what)
    expect([token, wasRenewed]).toEqual(['old-access', false])
    expect(run.log).toEqual(['read ebay:main'.replace('ebay:main', what.account ?? 'ebay:main')])
  })
})

describe('a refresh', () => {
  test.each<[string, Asked]>([
    ['where it has ended', { given: ENDED }],
    ['where it ends sooner than is wanted', { minValidMs: HOUR + MINUTE }],
    ['within the margin of the marketplace', { given: { ...LIVES, accessExpiresAt: NOW + MINUTE - 1 } }],
    ['where there is none', { given: OK, secrets: { accessToken: null } }],
    ['where a wrong clock counted its end', { given: { ...LIVES, acceptedAt: NOW + 3 * MINUTE } }],
    [
      'past the end of the consent as well: the marketplace decides',
      { given: { ...ENDED, endsAt: NOW - DAY } },
    ],
  ])('%s', async (_, what) => {
    const { token, run, wasRenewed } = await asked({ ...what, answer: yes })
    expect([token, wasRenewed]).toEqual(['new-access', true])
    expect(run.log.filter(line => line.startsWith('send'))).toHaveLength(1)
    expect((await run.stored('ebay:main')).secrets.accessToken?.reveal()).toBe('new-access')
  })

  test('many at once make one', async () => {
    const { run } = await setUp({ given: ENDED, answer: yes })
    const ports = { ...run.ports, locks: run.vault.locks }
    const { header } = await run.stored('ebay:main')
    const candidate = { account: { marketplace: 'ebay', name: 'main' }, header }
    const tokens = await Promise.all(Array.from({ length: 20 }, () => liveToken(candidate, null, ports)))
    expect(new Set(tokens.map(({ accessToken }) => accessToken.reveal()))).toEqual(new Set(['new-access']))
    expect(run.log.filter(line => line.startsWith('send'))).toHaveLength(1)
  })
})

describe('no token', () => {
  const refused = (code: 'GRANT_REJECTED' | 'ANSWER_LOST') => ({ ...LIVES, refused: { code, at: NOW - DAY } })
  const failing = { code: 'MARKETPLACE_DOWN', count: 9, since: NOW - DAY, notBefore: NOW + HOUR }
  const attempt = { at: NOW - MINUTE, outcome: 'failed', code: 'MARKETPLACE_DOWN' } as const

  test.each<[string, Asked, string, RegExp]>([
    ['after a refusal', { given: refused('GRANT_REJECTED') }, 'GRANT_REJECTED', /tokenctl login ebay:main/],
    ['after a lost answer', { given: refused('ANSWER_LOST') }, 'ANSWER_LOST', /tokenctl login ebay:main/],
    [
      'of an account by its dates',
      { given: { ...OK, holdsToken: false } },
      'NOT_LOGGED_IN',
      /login ebay:main/,
    ],
    [
      'while a back-off holds',
      { given: { ...ENDED, failing, lastAttempt: attempt } },
      'MARKETPLACE_DOWN',
      /tokenctl renew ebay:main/,
    ],
    ['longer than any lives', { minValidMs: 3 * HOUR }, 'USAGE', /--min-valid 60m/],
    ['as long as one lives, to the minute', { minValidMs: 2 * HOUR }, 'USAGE', /--min-valid 60m/],
  ])('%s; nobody is asked', async (_, what, code, fix) => {
    const error = await refusal(what)
    expect(error).toMatchObject({ code, fix: expect.stringMatching(fix), account: 'ebay:main' })
  })

  test('where none lives so long, after one refresh has shown it; the next call asks nobody', async () => {
    const { run, ask } = await setUp({ given: OK, secrets: { accessToken: null }, answer: yes })
    for (const _ of [1, 2]) await expect(ask(2 * HOUR + 1)).rejects.toMatchObject({ code: 'USAGE' })
    expect(run.log.filter(line => line.startsWith('send'))).toHaveLength(1)
  })

  test('of another environment, however long it lives', async () => {
    const given = { ...LIVES, environment: 'sandbox' } as const
    expect(await refusal({ given })).toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
  })

  test('where another name holds the same rotating token', async () => {
    const { run, ask } = await setUp({ account: 'aliexpress:main', given: ENDED })
    await run.add('aliexpress:copy', ENDED)
    await run.vault.listing()
    await expect(ask()).rejects.toMatchObject({ code: 'RECORD_UNREADABLE', message: /aliexpress:copy/ })
    expect(run.log.filter(line => line.startsWith('send'))).toEqual([])
  })

  test('of many at once one hears the failure, and all of them tell it', async () => {
    const down = new TokenctlError('MARKETPLACE_DOWN', 'It is down.', { failure: 'permanent' })
    const { run } = await setUp({ given: ENDED, answer: () => down })
    const ports = { ...run.ports, locks: run.vault.locks }
    const { header } = await run.stored('ebay:main')
    const candidate = { account: { marketplace: 'ebay', name: 'main' }, header }
    const ended = await Promise.allSettled(Array.from({ length: 9 }, () => liveToken(candidate, null, ports)))
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true)
    const messages = ended.map(each => (each.status === 'rejected' ? String(each.reason.message) : ''))
    expect(messages.filter(message => message.startsWith('Another run asked just now'))).toHaveLength(8)
    expect(run.log.filter(line => line.startsWith('send'))).toHaveLength(1)
  })

  test('where the marketplace fails, with its failure', async () => {
    const down = new TokenctlError('MARKETPLACE_DOWN', 'It is down.', { failure: 'transient' })
    expect(await refusal({ given: ENDED, answer: () => down })).toMatchObject({ code: 'MARKETPLACE_DOWN' })
  })

  test('where what is issued has ended, after two tries', async () => {
    const { run, ask } = await setUp({ given: OK, answer: () => issued({ accessExpiresAt: NOW }) })
    await expect(ask()).rejects.toMatchObject({ code: 'MARKETPLACE_DOWN', message: /ended already/ })
    expect(run.log.filter(line => line.startsWith('send'))).toHaveLength(2)
  })

  test('where it was removed meanwhile', async () => {
    const { run, ask } = await setUp({})
    await run.vault.removeAccount({ marketplace: 'ebay', name: 'main' }, 1)
    await expect(ask()).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
  })
})
