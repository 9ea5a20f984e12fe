/** Accounts at the edges of being due, for whatever must find them: the bounds, and the queries of a store. */
import fc from 'fast-check'
import type { MarketplaceAdapter } from '../../src/marketplaces/adapter.ts'
import { findMarketplace } from '../../src/marketplaces/registry.ts'
import type { Policy } from '../../src/renewal/policy.ts'
import { addDuration, DAY, type Duration } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, delivery, header } from '../support/accounts.ts'

/** Those whose rules differ. */
export const MARKETPLACES = ['ebay', 'amazon', 'aliexpress', 'etsy'].map(id => findMarketplace(id))

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

/** The lengths of a policy. */
export const policies: fc.Arbitrary<Policy> = fc
  .record({
    window: lengths(14),
    warning: lengths(8),
    lead: lengths(8),
    lifetime: lengths(30),
    slides: fc.boolean(),
  })
  .map(({ slides, ...rest }) => (slides ? { ...rest, lifetimeFrom: 'refresh' as const } : rest))

/** Any time of a leap year's cycle: month ends and 29 February are where the calendar is uneven. */
export const nows = fc.integer({ min: at('2023-12-01'), max: at('2028-03-31') })

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

/** An account with the rules that it is judged by. */
export interface Case {
  readonly adapter: MarketplaceAdapter
  readonly policy: Policy
  readonly now: number
  readonly account: AccountHeader
}

const seldom = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value })

/** Accounts of every kind, many of them at the very edge of being due. */
export const cases: fc.Arbitrary<Case> = fc
  .record({ adapter: fc.constantFrom(...MARKETPLACES), policy: policies, now: nows })
  .chain(({ adapter, policy: lengthsOf, now }) =>
    accountsOf(adapter, lengthsOf, now).map(account => ({ adapter, policy: lengthsOf, now, account })),
  )

/** Accounts of a marketplace, as they can be under a policy at a time. */
export function accountsOf(
  adapter: MarketplaceAdapter,
  lengthsOf: Policy,
  now: number,
): fc.Arbitrary<AccountHeader> {
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
      failing: seldom(fc.constant({ code: 'MARKETPLACE_DOWN', count: 6, since: now - DAY, notBefore: null })),
      delivery: seldom(fc.constant(delivery({ setAt: now - DAY }))),
    })
    .map(given => header({ account: `${adapter.id}:main`, ...given }))
}
