/** Who has to do something next for an account, and by when, while it is fine and when it is not. */
import { describe, expect, it } from 'vitest'
import {
  nextAct,
  nextCommand,
  nextMender,
  secretActBy,
  secretCommand,
} from '../../../src/cli/status/act-by.ts'
import type { AssessedAccount } from '../../../src/cli/status/status-report.ts'
import { HOUR } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, delivery, header } from '../../support/accounts.ts'
import { app, findings, NOW, rules } from '../render/findings.ts'

function assessed(given: Partial<AccountHeader>): AssessedAccount {
  const [account] = findings([header(given)]).accounts
  return account ?? expect.unreachable('no account')
}
const policyOf = (account: AssessedAccount) => rules.policyOf(account.adapter)

describe('where each renewal gives as long a life again', () => {
  it('no person ever has to act, for as long as a program does', () => {
    const day = at('2026-11-01')
    const account = assessed({ account: 'etsy:main', consentAt: at('2025-01-01'), renewedAt: day })
    const half = day + 45 * 24 * HOUR
    expect(nextAct(account, policyOf(account), NOW)).toEqual({ at: half, by: 'program', isOverdue: false })
    expect(nextMender(account, policyOf(account))).toBe('program')
    const late = assessed({ account: 'etsy:main', consentAt: at('2025-01-01'), renewedAt: at('2026-09-20') })
    expect(nextAct(late, policyOf(late), NOW)).toEqual({ at: NOW, by: 'program', isOverdue: true })
  })

  it('one that is only followed by its dates is a person’s', () => {
    const day = at('2026-11-01')
    const tracked = assessed({ account: 'etsy:main', holdsToken: false, consentAt: day })
    const half = day + 45 * 24 * HOUR
    expect(nextAct(tracked, policyOf(tracked), NOW)).toEqual({ at: half, by: 'person', isOverdue: false })
  })
})

describe('who mends it', () => {
  it.each<[what: string, Partial<AccountHeader>, mender: string, command: string]>([
    ['eBay, in time', { consentAt: at('2026-11-01') }, 'program', 'tokenctl renew ebay:main'],
    [
      'eBay, whose Renew by is the lead before its end',
      { consentAt: at('2026-01-01'), endsAt: at('2027-01-30'), renewedAt: at('2026-11-20') },
      'person',
      'tokenctl login ebay:main',
    ],
    [
      'Amazon, in time',
      { account: 'amazon:eu', consentAt: at('2026-11-01') },
      'person',
      'tokenctl set-amazon eu',
    ],
    [
      'a tracked shop',
      { holdsToken: false, consentAt: at('2026-11-01') },
      'person',
      'tokenctl renew ebay:main',
    ],
    ['eBay, due', { consentAt: at('2026-08-01') }, 'program', 'tokenctl renew ebay:main'],
    [
      'Amazon, due',
      { account: 'amazon:eu', consentAt: at('2026-08-01') },
      'person',
      'tokenctl set-amazon eu',
    ],
    ['ended', { endsAt: at('2026-11-01') }, 'person', 'tokenctl login ebay:main'],
    // A short consent is in its warning time before its Renew by.
    [
      'AliExpress, 60 days',
      {
        account: 'aliexpress:a',
        consentAt: at('2026-11-01'),
        endsAt: at('2026-12-31'),
        renewedAt: at('2026-11-20'),
      },
      'person',
      'tokenctl login aliexpress:a',
    ],
  ])('%s', (_, given, mender, command) => {
    const account = assessed(given)
    const found = nextMender(account, policyOf(account))
    expect(found).toBe(mender)
    expect(nextCommand(account, found)).toBe(command)
  })
})

describe('by when', () => {
  it.each<[what: string, Partial<AccountHeader>, expected: ReturnType<typeof nextAct>]>([
    [
      'a person, the lead time before an end that is reported',
      { consentAt: at('2026-06-01'), endsAt: at('2027-12-01'), renewedAt: at('2026-11-20') },
      { at: at('2027-11-17'), by: 'person', isOverdue: false },
    ],
    ['nobody, where no end is known', { renewedAt: at('2026-11-20') }, null],
    ['a program, now', { consentAt: at('2026-08-01') }, { at: NOW, by: 'program', isOverdue: true }],
    ['a person, now', { endsAt: at('2026-11-01') }, { at: NOW, by: 'person', isOverdue: true }],
    [
      'a person, at the very moment',
      { account: 'amazon:eu', consentAt: at('2026-08-22T10:00:00Z') },
      { at: NOW, by: 'person', isOverdue: true },
    ],
    // An importer's slip: the day of consent lies after the end, and the policy's life stands in.
    [
      'a consent dated after its end',
      { consentAt: at('2026-11-22'), endsAt: at('2026-11-21') },
      { at: NOW, by: 'person', isOverdue: true },
    ],
  ])('%s', (_, given, expected) => {
    const account = assessed(given)
    expect(nextAct(account, policyOf(account), NOW)).toEqual(expected)
  })

  it('is never later than the lead before the end, nor after it', () => {
    for (const days of [2, 10, 60, 200, 400]) {
      const endsAt = NOW + days * 86_400_000
      const account = assessed({ consentAt: at('2026-11-20'), endsAt, renewedAt: NOW })
      const act = nextAct(account, policyOf(account), NOW)
      expect(act?.at).toBeLessThan(endsAt)
      expect(act?.at).toBeGreaterThanOrEqual(NOW)
    }
  })
})

describe("an app's secret", () => {
  const secret = (marketplace: string, issued: string | null, name?: string) =>
    findings([], { appHeaders: [app(marketplace, issued, name)] }).apps[0] ?? expect.unreachable('no app')

  it.each([
    ['amazon', '2026-08-01', at('2026-12-29')],
    ['amazon', null, null],
    ['ebay', '2026-08-01', null],
  ] as const)('%s, issued %s', (marketplace, issued, day) => {
    expect(secretActBy(secret(marketplace, issued))).toBe(day)
  })

  it('is rotated where the old one overlaps, and set anew elsewhere', () => {
    expect(secretCommand(secret('amazon', '2026-08-01', 'two'), rules.adapterOf('amazon'))).toBe(
      'tokenctl app rotate amazon two',
    )
    expect(secretCommand(secret('ebay', null), rules.adapterOf('ebay'))).toBe('tokenctl app set ebay')
  })
})

describe('where the access token is handed on', () => {
  const handedOn = { acceptedAt: NOW - HOUR, accessExpiresAt: NOW + HOUR, delivery: delivery() }

  it.each<[what: string, given: Partial<AccountHeader>]>([
    ['Amazon', { account: 'amazon:eu', consentAt: at('2026-11-01') }],
    ['eBay', { consentAt: at('2026-11-01'), endsAt: at('2028-01-30') }],
  ])('%s: a person has the same days as without', (_, given) => {
    const without = assessed(given)
    const account = assessed({ ...given, ...handedOn })
    expect(account.assessment).toMatchObject({ state: 'ok', renewBy: NOW + HOUR / 2 })
    expect(nextAct(account, policyOf(account), NOW)).toEqual(nextAct(without, policyOf(without), NOW))
  })

  it('a token that is about to end is a program’s to fetch', () => {
    const account = assessed({
      account: 'amazon:eu',
      consentAt: at('2026-11-01'),
      ...handedOn,
      accessExpiresAt: NOW,
    })
    expect(nextAct(account, policyOf(account), NOW)).toMatchObject({ by: 'program' })
    expect(nextCommand(account, nextMender(account, policyOf(account)))).toBe('tokenctl renew amazon:eu')
  })
})
