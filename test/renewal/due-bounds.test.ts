import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findMarketplace } from '../../src/marketplaces/registry.ts'
import { assess } from '../../src/renewal/assess.ts'
import { dueBounds, mayBeDue } from '../../src/renewal/due-bounds.ts'
import { planFor } from '../../src/renewal/plan.ts'
import { addDuration, DAY } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, delivery, header, policy } from '../support/accounts.ts'
import { cases } from './due-cases.ts'

const NOW = at('2026-11-22T10:00:00Z')

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
