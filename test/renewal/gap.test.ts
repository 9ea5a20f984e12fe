/** When an account counts as having been dead, from when, and that no gap is ever lost. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withGap } from '../../src/renewal/gap.ts'
import { withNewToken } from '../../src/tokens/replace.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import { type AccountHeader, type Gap, merge } from '../../src/tokens/token-set.ts'
import { at, header, issued, policy, tokenSet } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ago = (days: number) => NOW - days * DAY
/** Exactly a year, so that ends can be counted in days. */
const YEAR = policy({ days: 365 })
const refusedAt = (days: number) => ({ refused: { code: 'GRANT_REJECTED', at: ago(days) } }) as const

/** The header after a person brought a new consent at `NOW`. */
function revived(before: AccountHeader): AccountHeader {
  const next = withNewToken(tokenSet(before), new Secret('new-token'), NOW)
  return merge(next, issued({ accessExpiresAt: NOW + HOUR }), NOW, true).header
}

/** The header after the vendor accepted the token that is stored. */
function refreshed(before: AccountHeader, endsAt?: number): AccountHeader {
  const answer = issued({ accessExpiresAt: NOW + HOUR, ...(endsAt === undefined ? {} : { endsAt }) })
  return merge(tokenSet(before), answer, NOW, true).header
}

const gapOf = (before: AccountHeader, after: AccountHeader): Gap | null =>
  withGap(before, after, YEAR, NOW).gap

describe('a new consent ends a gap that began', () => {
  test.each<[string, Partial<AccountHeader>, number | null]>([
    ['alive: never', { consentAt: ago(100) }, null],
    ['nothing known: never', {}, null],
    ['at a reported end', { consentAt: ago(300), endsAt: ago(5) }, ago(5)],
    [
      'at an end that was reported, whatever was accepted later',
      { endsAt: ago(5), acceptedAt: ago(2) },
      ago(5),
    ],
    ['at an estimated end', { consentAt: ago(400) }, ago(35)],
    ['at an estimated end that nobody outlived', { consentAt: ago(400), acceptedAt: ago(36) }, ago(35)],
    ['never, where the vendor has accepted since', { consentAt: ago(400), acceptedAt: ago(1) }, null],
    ['never, where the end is this very moment’s future', { endsAt: NOW + 1 }, null],
    [
      'refused: when it was last accepted',
      { ...refusedAt(3), acceptedAt: ago(4), renewedAt: ago(9) },
      ago(4),
    ],
    ['refused: when it was last renewed', { ...refusedAt(3), renewedAt: ago(9), consentAt: ago(50) }, ago(9)],
    ['refused: when the seller consented', { ...refusedAt(3), consentAt: ago(50) }, ago(50)],
    ['refused: then, where nothing is known of before', { ...refusedAt(3) }, ago(3)],
    [
      'refused, and ended before: at its end',
      { ...refusedAt(3), acceptedAt: ago(4), endsAt: ago(8) },
      ago(8),
    ],
    [
      'refused, and ended after: when last accepted',
      { ...refusedAt(9), acceptedAt: ago(10), endsAt: ago(1) },
      ago(10),
    ],
    [
      'refused after it outlived its estimate: when last accepted',
      { ...refusedAt(3), consentAt: ago(400), acceptedAt: ago(4) },
      ago(4),
    ],
    [
      'an acceptance dated after the refusal is a clock’s mistake',
      { ...refusedAt(3), acceptedAt: ago(-9), renewedAt: ago(9) },
      ago(9),
    ],
    ['a refusal dated ahead tells nothing alone', { ...refusedAt(-9) }, null],
    [
      'a refusal dated ahead counts from the last acceptance',
      { ...refusedAt(-9), acceptedAt: ago(2) },
      ago(2),
    ],
    ['a consent dated ahead has not ended', { consentAt: ago(-900) }, null],
  ])('%s', (_, given, from) => {
    const before = header(given)
    expect(gapOf(before, revived(before))).toEqual(from === null ? null : { from, to: NOW })
  })
})

describe('the same consent, accepted again', () => {
  test('after its estimated end was never dead: the estimate was wrong', () => {
    const before = header({ consentAt: ago(400), acceptedAt: ago(90) })
    expect(gapOf(before, refreshed(before))).toBeNull()
    expect(gapOf(before, refreshed(before, NOW + 90 * DAY))).toBeNull()
  })

  test('after its reported end was dead since, once the vendor names a later one', () => {
    const before = header({ consentAt: ago(60), endsAt: ago(2) })
    expect(gapOf(before, refreshed(before))).toBeNull()
    expect(gapOf(before, refreshed(before, NOW + 90 * DAY))).toEqual({ from: ago(2), to: NOW })
  })

  test('after a refusal was dead', () => {
    const before = header({ ...refusedAt(3), acceptedAt: ago(4) })
    expect(gapOf(before, refreshed(before))).toEqual({ from: ago(4), to: NOW })
  })
})

describe('a change that brings nothing back', () => {
  const dead = header({ ...refusedAt(3), acceptedAt: ago(4) })
  test.each<[string, AccountHeader, AccountHeader]>([
    [
      'a further failure',
      dead,
      { ...dead, lastAttempt: { at: NOW, outcome: 'failed', code: 'NETWORK_FAILED' } },
    ],
    ['a token that waits unproven', dead, { ...dead, pendingAt: NOW }],
    ['a new token whose consent has ended too', header({ endsAt: ago(9) }), header({ endsAt: ago(1) })],
    ['the refusal itself', header({ consentAt: ago(9) }), dead],
  ])('%s makes no gap', (_, before, after) => {
    expect(gapOf(before, after)).toBeNull()
  })

  test.each<[string, Gap, AccountHeader]>([
    ['alive all the time', { from: ago(50), to: ago(40) }, header({ consentAt: ago(30) })],
    ['dead again', { from: ago(50), to: ago(40) }, dead],
  ])('an unacknowledged gap stays: %s', (_, gap, now) => {
    expect(gapOf({ ...now, gap }, { ...now, gap: null })).toEqual(gap)
    expect(gapOf({ ...now, gap }, { ...now, gap })).toEqual(gap)
  })
})

test('a second death before the first gap was acknowledged widens it', () => {
  const before = header({ ...refusedAt(3), acceptedAt: ago(4), gap: { from: ago(50), to: ago(40) } })
  expect(gapOf(before, revived(before))).toEqual({ from: ago(50), to: NOW })
})

describe('whatever the dates', () => {
  const date = fc.option(fc.integer({ min: ago(1000), max: NOW + 1000 * DAY }), { nil: null })
  const anyGap = fc.option(
    fc.tuple(fc.nat(DAY * 500), fc.nat(DAY * 500)).map(([back, length]) => {
      const to = NOW - back
      return { from: to - length, to }
    }),
    { nil: null },
  )
  const anyHeader = fc
    .record({ consentAt: date, renewedAt: date, acceptedAt: date, endsAt: date, gap: anyGap, refused: date })
    .map(({ refused, ...dates }) =>
      header({ ...dates, refused: refused === null ? null : { code: 'GRANT_REJECTED', at: refused } }),
    )

  test('a gap is a length of time that has passed, holds every gap before it, and changes nothing else', () => {
    fc.assert(
      fc.property(anyHeader, anyHeader, (before, after) => {
        const result = withGap(before, after, YEAR, NOW)
        expect({ ...result, gap: null }).toEqual({ ...after, gap: null })
        for (const known of [before.gap, after.gap]) {
          if (known === null) continue
          expect(result.gap?.from).toBeLessThanOrEqual(known.from)
          expect(result.gap?.to).toBeGreaterThanOrEqual(known.to)
        }
        if (result.gap === null) return
        expect(result.gap.from).toBeLessThanOrEqual(result.gap.to)
        expect(result.gap.to).toBeLessThanOrEqual(NOW)
      }),
    )
  })

  test('once the account is alive, the same change again adds nothing', () => {
    fc.assert(
      fc.property(anyHeader, before => {
        const once = withGap(before, revived(before), YEAR, NOW)
        expect(withGap(once, once, YEAR, NOW)).toEqual(once)
      }),
    )
  })
})
