import { describe, expect, test } from 'vitest'
import { ERROR_CODES, type ErrorCode } from '../../src/errors.ts'
import { type Plan, planFor, type RenewMode } from '../../src/renewal/plan.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, delivery, type FakeMarketplace, fakeAdapter, header, POLICIES } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ago = (days: number) => NOW - days * DAY

function plan(of: FakeMarketplace, given: Partial<AccountHeader>, mode: RenewMode = 'due', now = NOW): Plan {
  const adapter = fakeAdapter(of, () => {
    throw new Error('a plan asks nobody')
  })
  return planFor(header(given), mode, adapter, POLICIES[of], now)
}

const ok = { consentAt: ago(100), renewedAt: ago(1) }
const due = { consentAt: ago(100), renewedAt: ago(93) }
const expired = { consentAt: ago(400) }
const expiring = { consentAt: ago(340), renewedAt: ago(1) }
const rejected = { ...ok, refused: { code: 'GRANT_REJECTED', at: ago(100) } } as const
/** An access token that ended this long ago, accepted a day ago, and handed on. */
const handedOn = (ms: number) => ({
  acceptedAt: ago(1),
  accessExpiresAt: NOW - ms,
  delivery: delivery({ marginMs: 0 }),
})
const failed = (code: string, days: number) =>
  ({ lastAttempt: { at: ago(days), outcome: 'failed', code } }) as const

describe('a probe', () => {
  test.each<[string, Partial<AccountHeader>, Plan]>([
    ['what is in time is asked', {}, 'ask'],
    [
      'what failed again and again is asked',
      { failing: { code: 'NETWORK_FAILED', count: 9, since: ago(1), notBefore: null } },
      'ask',
    ],
    ['a lost answer is not', { presentedAt: ago(1) }, 'answer-lost'],
    ['an answer that is here is stored', { presentedAt: ago(1), awaitsRecovery: true }, 'ask'],
    ['what is only tracked needs a person', { holdsToken: false }, 'needs-person'],
  ])('%s', (_, given, expected) => {
    expect(plan('ebay', { ...ok, ...given }, 'probe')).toBe(expected)
  })
})

describe('a token that is wanted now', () => {
  const failing = { code: 'NETWORK_FAILED', count: 9, since: ago(1), notBefore: NOW + HOUR }
  test.each<[string, Partial<AccountHeader>, Plan]>([
    ['what is in time is asked', {}, 'ask'],
    ['what has ended is asked', { consentAt: ago(500) }, 'ask'],
    ['what failed again and again waits', { failing }, 'backing-off'],
    ['an answer that is here is stored', { failing, awaitsRecovery: true }, 'ask'],
    ['what was refused needs a person', rejected, 'needs-person'],
    ['but not where another was pasted since', { ...rejected, pendingAt: ago(1) }, 'ask'],
    ['what is only tracked needs a person', { holdsToken: false }, 'needs-person'],
  ])('%s', (_, given, expected) => {
    expect(plan('ebay', { ...ok, ...given }, 'token')).toBe(expected)
  })
})

describe('--due', () => {
  test.each<[string, FakeMarketplace, Partial<AccountHeader>, Plan]>([
    ['what is in time is left out', 'ebay', ok, 'leave'],
    ['what is in time is left out, on Amazon', 'amazon', ok, 'leave'],
    ['what a refresh renews is asked', 'ebay', due, 'ask'],
    [
      'also when it was asked a moment ago: the refresh is what mends it',
      'ebay',
      { ...due, ...failed('MARKETPLACE_DOWN', 0) },
      'ask',
    ],
    ['an end that is only estimated is asked', 'aliexpress', { consentAt: ago(1) }, 'ask'],
    ['what only a person mends is asked once', 'amazon', due, 'ask'],
    [
      'and then is for the person, while the window lasts',
      'amazon',
      { ...due, acceptedAt: ago(1) },
      'needs-person',
    ],
    ['what ends soon is asked once', 'ebay', expiring, 'ask'],
    ['and then is for the person', 'ebay', { ...expiring, acceptedAt: ago(1) }, 'needs-person'],
    ['what has ended is asked once', 'ebay', expired, 'ask'],
    ['and then is for the person', 'ebay', { ...expired, ...failed('GRANT_REJECTED', 1) }, 'needs-person'],
    ['what was refused before this window is asked once more', 'ebay', rejected, 'ask'],
    [
      'what was refused within it is for the person',
      'ebay',
      { ...rejected, ...failed('GRANT_REJECTED', 30) },
      'needs-person',
    ],
    [
      'what is only followed by its dates is for the person',
      'ebay',
      { ...due, holdsToken: false },
      'needs-person',
    ],
    ['or left out while in time', 'ebay', { ...ok, holdsToken: false }, 'leave'],
    ['a token that waits is proved', 'amazon', { ...ok, pendingAt: ago(1) }, 'ask'],
    [
      'a token that waits is proved, however bad the old one is',
      'amazon',
      { ...rejected, ...failed('GRANT_REJECTED', 1), pendingAt: ago(1) },
      'ask',
    ],
    [
      'a token that waits is proved, each time anew',
      'amazon',
      { ...expired, ...failed('CLIENT_REJECTED', 0), pendingAt: ago(1) },
      'ask',
    ],
    [
      'an awaited answer is asked for, with no access token to lose',
      'aliexpress',
      { ...ok, presentedAt: ago(1) },
      'ask',
    ],
    [
      'an awaited answer waits while the access token works',
      'aliexpress',
      { ...ok, presentedAt: ago(1), accessExpiresAt: NOW + HOUR },
      'answer-lost',
    ],
    [
      'an awaited answer is asked for when the access token has ended',
      'aliexpress',
      { ...ok, presentedAt: ago(1), accessExpiresAt: ago(1) },
      'ask',
    ],
    [
      'an access token that is handed on is fetched, though only a person mends the rest',
      'amazon',
      { ...due, ...handedOn(HOUR), acceptedAt: ago(1) },
      'ask',
    ],
    ['also of an account that ends soon', 'ebay', { ...expiring, ...handedOn(HOUR) }, 'ask'],
    ['not while it lives', 'ebay', { ...expiring, ...handedOn(-HOUR) }, 'needs-person'],
    [
      'nor where the refresh token is refused',
      'ebay',
      { ...rejected, ...handedOn(HOUR), ...failed('GRANT_REJECTED', 1) },
      'needs-person',
    ],
    [
      'nor more often than the pauses allow',
      'amazon',
      {
        ...due,
        ...handedOn(HOUR),
        ...failed('NETWORK_FAILED', 0),
        failing: { code: 'NETWORK_FAILED', count: 9, since: ago(1), notBefore: null },
      },
      'backing-off',
    ],
    ['an end that is only estimated does not keep it', 'amazon', { ...expired, ...handedOn(HOUR) }, 'ask'],
    [
      'what is only tracked hands nothing on',
      'ebay',
      { ...due, ...handedOn(HOUR), holdsToken: false },
      'needs-person',
    ],
  ])('%s', (_, of, given, expected) => {
    expect(plan(of, given)).toBe(expected)
  })

  test('an awaited answer is asked for once less than the margin is left', () => {
    // The margin of the marketplace here is 60 seconds.
    const awaited = (left: number) =>
      plan('aliexpress', { ...ok, presentedAt: ago(1), accessExpiresAt: NOW + left })
    expect(awaited(60_001)).toBe('answer-lost')
    expect(awaited(60_000)).toBe('ask')
    expect(awaited(59_999)).toBe('ask')
  })

  test.each(Object.keys(ERROR_CODES) as ErrorCode[])(
    'a try that ended with %s counts as asked only if it was answered',
    code => {
      const expected = ERROR_CODES[code].exit === 4 ? 'ask' : 'needs-person'
      expect(plan('ebay', { ...expired, ...failed(code, 1) })).toBe(expected)
    },
  )

  test('once per window, to the millisecond', () => {
    const consentAt = at('2025-01-31')
    const askedAt = at('2026-08-31T10:00:00Z')
    const given = {
      consentAt,
      lastAttempt: { at: askedAt, outcome: 'failed', code: 'GRANT_REJECTED' },
    } as const
    const windowEnds = at('2026-11-30T10:00:00Z')
    expect(plan('ebay', given, 'due', windowEnds - 1)).toBe('needs-person')
    expect(plan('ebay', given, 'due', windowEnds)).toBe('ask')
  })

  test('a try that lies in the future (a clock that was wrong) keeps nobody from asking', () => {
    expect(plan('ebay', { ...expired, ...failed('GRANT_REJECTED', -3650) })).toBe('ask')
    expect(plan('ebay', { ...expired, ...failed('GRANT_REJECTED', 1), acceptedAt: NOW + DAY })).toBe(
      'needs-person',
    )
  })
})

describe('--due, of an account that fails again and again', () => {
  const failing = { code: 'MARKETPLACE_DOWN', count: 5, since: ago(1), notBefore: null }
  const justNow = { failing, ...failed('MARKETPLACE_DOWN', 0) }

  test.each<[string, FakeMarketplace, Partial<AccountHeader>, Plan]>([
    ['what would be asked waits', 'ebay', { ...due, ...justNow }, 'backing-off'],
    ['until its pause is over', 'ebay', { ...due, ...justNow, ...failed('MARKETPLACE_DOWN', 1) }, 'ask'],
    ['what is in time is left out all the same', 'ebay', { ...ok, ...justNow }, 'leave'],
    ['what is for a person stays so', 'ebay', { ...due, ...justNow, holdsToken: false }, 'needs-person'],
    [
      'a token that waits to be proved waits on',
      'amazon',
      { ...ok, ...justNow, pendingAt: ago(1) },
      'backing-off',
    ],
    [
      'an awaited answer is not asked for',
      'aliexpress',
      { ...ok, ...justNow, presentedAt: ago(1) },
      'backing-off',
    ],
    [
      'an answer that is here already is stored, and nobody is asked',
      'aliexpress',
      { ...ok, ...justNow, presentedAt: ago(1), awaitsRecovery: true, accessExpiresAt: NOW + HOUR },
      'ask',
    ],
    [
      'a time that the vendor named is kept to from the first failure on',
      'ebay',
      { ...due, failing: { ...failing, count: 1, notBefore: NOW + HOUR }, ...failed('RATE_LIMITED', 0) },
      'backing-off',
    ],
  ])('%s', (_, of, given, expected) => {
    expect(plan(of, given)).toBe(expected)
    expect(plan(of, given, 'named')).toBe(given.holdsToken === false ? 'needs-person' : 'ask')
  })
})

describe('named', () => {
  test.each<[string, Partial<AccountHeader>]>([
    ['ok', ok],
    ['due', due],
    ['expiring', expiring],
    ['expired', expired],
    ['rejected', { ...rejected, ...failed('GRANT_REJECTED', 0) }],
    [
      'unconfirmed, with an access token to lose',
      { ...ok, presentedAt: ago(1), accessExpiresAt: NOW + HOUR },
    ],
  ])('what is %s is asked', (_, given) => {
    for (const of of ['ebay', 'amazon', 'aliexpress'] as const) expect(plan(of, given, 'named')).toBe('ask')
  })

  test('what is only followed by its dates is for the person', () => {
    expect(plan('ebay', { ...ok, holdsToken: false }, 'named')).toBe('needs-person')
  })
})
