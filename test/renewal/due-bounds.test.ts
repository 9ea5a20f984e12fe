import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MarketplaceAdapter } from '../../src/marketplaces/adapter.ts'
import { findMarketplace } from '../../src/marketplaces/registry.ts'
import { assess } from '../../src/renewal/assess.ts'
import { dueBounds, mayBeDue } from '../../src/renewal/due-bounds.ts'
import { planFor } from '../../src/renewal/plan.ts'
import type { Policy } from '../../src/renewal/policy.ts'
import { addDuration, DAY, type Duration } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, delivery, header, policy } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')

const MARKETPLACES = ['ebay', 'amazon', 'aliexpress', 'etsy'].map(id => findMarketplace(id))

const lengths = (most: number): fc.Arbitrary<Duration> =>
  fc.oneof(
    fc.integer({ min: 0, max: most * 30 }).map(days => ({ days })),
    fc.integer({ min: 0, max: most }).map(months => ({ months })),
    fc.integer({ min: 0, max: Math.ceil(most / 12) }).map(years => ({ years })),
    fc.integer({ min: 1, max: most * 30 * 24 }).map(hours => ({ hours })),
    fc.record({
      years: fc.integer({ min: 0, max: 2 }),
      months: fc.nat(most),
      days: fc.nat(40),
      minutes: fc.nat(99),
    }),
  )

const policies: fc.Arbitrary<Policy> = fc
  .record({
    window: lengths(14),
    warning: lengths(8),
    lead: lengths(8),
    lifetime: lengths(30),
    slides: fc.boolean(),
  })
  .map(({ slides, ...rest }) => (slides ? { ...rest, lifetimeFrom: 'refresh' as const } : rest))

/** Any time of a leap year's cycle: month ends and 29 February are where the calendar is uneven. */
const nows = fc.integer({ min: at('2023-12-01'), max: at('2028-03-31') })

/** Dates of which some lie where a length of the policy just ends, a few days or milliseconds aside. */
function dates(now: number, { window, warning, lead, lifetime }: Policy): fc.Arbitrary<number | null> {
  const edges = [window, warning, lead, lifetime].flatMap(length => {
    const { years = 0, months = 0, ...rest } = length
    return [
      addDuration(now - addDuration(0, rest), { months: -(years * 12 + months) }),
      addDuration(now, length),
    ]
  })
  const slips = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -6 * DAY, max: 6 * DAY }))
  return fc.oneof(
    fc.constant(null),
    fc.integer({ min: now - 1500 * DAY, max: now + 1500 * DAY }),
    fc.tuple(fc.constantFrom(...edges, now, now + DAY), slips).map(([edge, slip]) => edge + slip),
  )
}

interface Case {
  readonly adapter: MarketplaceAdapter
  readonly policy: Policy
  readonly now: number
  readonly account: AccountHeader
}

const seldom = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value })

const cases: fc.Arbitrary<Case> = fc
  .record({ adapter: fc.constantFrom(...MARKETPLACES), policy: policies, now: nows })
  .chain(({ adapter, policy: lengthsOf, now }) => {
    const date = dates(now, lengthsOf)
    return fc
      .record({
        consentAt: date,
        renewedAt: date,
        endsAt: date,
        acceptedAt: date,
        accessExpiresAt: date,
        presentedAt: seldom(fc.constant(now - DAY)),
        pendingAt: seldom(fc.constant(now - DAY)),
        awaitsRecovery: seldom(fc.constant(true)).map(is => is ?? false),
        holdsToken: seldom(fc.constant(false)).map(is => is ?? true),
        refused: seldom(fc.constant({ code: 'GRANT_REJECTED', at: now - DAY } as const)),
        failing: seldom(
          fc.constant({ code: 'MARKETPLACE_DOWN', count: 6, since: now - DAY, notBefore: null }),
        ),
        delivery: seldom(fc.constant(delivery({ setAt: now - DAY }))),
      })
      .map(given => ({
        adapter,
        policy: lengthsOf,
        now,
        account: header({ account: `${adapter.id}:main`, ...given }),
      }))
  })

describe('dueBounds', () => {
  test('leaves out nothing that is planned for, and nothing that is not ok', () => {
    fc.assert(
      fc.property(cases, ({ adapter, policy: lengthsOf, now, account }) => {
        const may = mayBeDue(account, dueBounds(adapter, lengthsOf, now))
        const plan = planFor(account, 'due', adapter, lengthsOf, now)
        const { state } = assess(account, adapter, lengthsOf, now)
        expect(may || (plan === 'leave' && state === 'ok')).toBe(true)
      }),
      { numRuns: 20_000 },
    )
  })

  test.each(['ebay', 'amazon', 'aliexpress', 'etsy'])('%s: is at most two days early', id => {
    const adapter = findMarketplace(id)
    const lengthsOf = policy(adapter.estimatedLifetime, {
      ...(adapter.lifetimeFrom !== undefined && { lifetimeFrom: adapter.lifetimeFrom }),
    })
    for (let day = 0; day <= 4 * 366; day++) {
      const renewedAt = NOW + day * DAY
      const account = header({
        account: `${id}:main`,
        consentAt: renewedAt,
        renewedAt,
        endsAt: adapter.reportsEnd ? addDuration(renewedAt, adapter.estimatedLifetime) : null,
      })
      const dueAt = assess(account, adapter, lengthsOf, renewedAt).renewBy ?? 0
      const isAt = (now: number) => mayBeDue(account, dueBounds(adapter, lengthsOf, now))
      expect(isAt(dueAt)).toBe(true)
      expect(isAt(dueAt - 2 * DAY)).toBe(false)
    }
  })

  test('lengths of days have no slack at all', () => {
    const days = policy({ days: 400 }, { window: { days: 90 } })
    const bounds = dueBounds(findMarketplace('ebay'), days, NOW)
    const renewed = (renewedAt: number) => header({ consentAt: NOW - 200 * DAY, renewedAt })
    expect(mayBeDue(renewed(NOW - 90 * DAY), bounds)).toBe(true)
    expect(mayBeDue(renewed(NOW - 90 * DAY + 1), bounds)).toBe(false)
  })

  test('a reported end that is warned of is found from that day on', () => {
    const adapter = findMarketplace('ebay')
    const lengthsOf = policy({ years: 1 })
    const ending = (endsAt: number) => header({ consentAt: NOW - 400 * DAY, renewedAt: NOW - DAY, endsAt })
    const bounds = dueBounds(adapter, lengthsOf, NOW)
    for (const [endsAt, isIn] of [
      [NOW + 30 * DAY, true],
      [NOW + 30 * DAY + 1, false],
    ] as const) {
      expect(assess(ending(endsAt), adapter, lengthsOf, NOW).state === 'expiring').toBe(isIn)
      expect(mayBeDue(ending(endsAt), bounds)).toBe(isIn)
    }
  })

  test.each<[string, Partial<AccountHeader>]>([
    ['refused', { refused: { code: 'GRANT_REJECTED', at: NOW } }],
    ['a pasted token waits', { pendingAt: NOW }],
    ['failing', { failing: { code: 'MARKETPLACE_DOWN', count: 1, since: NOW, notBefore: null } }],
    ['an answer is awaited', { presentedAt: NOW }],
    ['an answer is here', { awaitsRecovery: true }],
    ['handed on', { delivery: delivery() }],
    ['no date at all', { consentAt: null, renewedAt: null }],
    ['dated by a clock that was ahead', { renewedAt: NOW + 2 * DAY }],
  ])('an account may be due: %s', (_, given) => {
    const bounds = dueBounds(findMarketplace('ebay'), policy({ years: 1 }), NOW)
    const fine = { consentAt: NOW - DAY, renewedAt: NOW - DAY }
    expect(mayBeDue(header(fine), bounds)).toBe(false)
    expect(mayBeDue(header({ ...fine, ...given }), bounds)).toBe(true)
    expect(mayBeDue(header({ ...fine, ...given, account: 'amazon:main' }), bounds)).toBe(false)
  })
})
