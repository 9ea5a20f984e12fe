/** Marketplaces where each renewal gives as long a life again: the end moves with it, and near it a program can still help. */
import { describe, expect, test } from 'vitest'
import { findMarketplace } from '../../src/marketplaces/registry.ts'
import { assess, endOf } from '../../src/renewal/assess.ts'
import { withGap } from '../../src/renewal/gap.ts'
import { merged } from '../../src/renewal/merged.ts'
import { planFor } from '../../src/renewal/plan.ts'
import type { Policy } from '../../src/renewal/policy.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY } from '../../src/tokens/time.ts'
import { type AccountHeader, NO_SECRETS } from '../../src/tokens/token-set.ts'
import { at, header } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ago = (days: number) => NOW - days * DAY
const FACTS = findMarketplace('etsy')
const POLICY: Policy = {
  window: { months: 3 },
  warning: { days: 30 },
  lead: { days: 14 },
  lifetime: { days: 90 },
  lifetimeFrom: 'refresh',
}
const shop = (given: Partial<AccountHeader>) =>
  header({ account: 'etsy:main', consentAt: ago(400), acceptedAt: given.renewedAt ?? null, ...given })

describe('an account of a sliding life', () => {
  test.each([
    [0, 'ok', 'in-time', 'nobody', 90],
    [44, 'ok', 'in-time', 'nobody', 46],
    [45, 'due', 'window-passed', 'program', 45],
    [67, 'due', 'window-passed', 'program', 23],
    [68, 'expiring', 'window-passed', 'program', 22],
    [89, 'expiring', 'window-passed', 'program', 1],
    [90, 'expired', 'ended-by-estimate', 'person', 0],
  ] as const)(
    '%d days after its last renewal is %s (%s), to be mended by a %s',
    (days, state, why, mender, left) => {
      const found = assess(shop({ renewedAt: ago(days) }), FACTS, POLICY, NOW)
      expect(found).toMatchObject({ state, why, mender, daysLeft: left })
      expect(found.ends).toEqual({ at: ago(days) + 90 * DAY, basis: 'estimated' })
      expect(found.renewBy).toBe(ago(days) + 45 * DAY)
    },
  )

  test.each([
    [44, 'leave'],
    [45, 'ask'],
    [80, 'ask'],
    // A machine that was off for a season: the estimate may be wrong, so it is asked once.
    [120, 'ask'],
  ] as const)('is planned %d days after its last renewal: %s', (days, plan) => {
    expect(planFor(shop({ renewedAt: ago(days) }), 'due', FACTS, POLICY, NOW)).toBe(plan)
  })

  test('counts from its consent before the first renewal', () => {
    const found = assess(shop({ consentAt: ago(10), renewedAt: null }), FACTS, POLICY, NOW)
    expect(found).toMatchObject({ state: 'ok', daysLeft: 80 })
  })

  test('forgets an end that was known before, with the next refresh: it was the old token’s', () => {
    const known = shop({ renewedAt: ago(60), endsAt: NOW + 30 * DAY })
    const issued = { accessToken: new Secret('next'), accessExpiresAt: NOW }
    const next = merged({ header: known, secrets: NO_SECRETS }, issued, NOW, FACTS).header
    expect(endOf(next, POLICY)).toEqual({ at: NOW + 90 * DAY, basis: 'estimated' })
    const told = { ...issued, endsAt: NOW + 60 * DAY }
    expect(merged({ header: known, secrets: NO_SECRETS }, told, NOW, FACTS).header.endsAt).toBe(
      NOW + 60 * DAY,
    )
    // Elsewhere a refresh never moves an end.
    const ebay = findMarketplace('ebay')
    const kept = merged({ header: known, secrets: NO_SECRETS }, issued, NOW, ebay).header
    expect(kept.endsAt).toBe(NOW + 30 * DAY)
  })

  test('goes by a reported end where there is one, and by a shorter window where one is set', () => {
    const reported = shop({ renewedAt: ago(10), endsAt: NOW + 20 * DAY })
    expect(endOf(reported, POLICY)).toEqual({ at: NOW + 20 * DAY, basis: 'reported' })
    const weekly = { ...POLICY, window: { days: 7 } }
    const found = assess(shop({ renewedAt: ago(8) }), FACTS, weekly, NOW)
    expect(found).toMatchObject({ state: 'due', renewBy: ago(1) })
  })

  test('that is only followed by its dates is a person’s to renew', () => {
    const tracked = shop({ renewedAt: ago(80), holdsToken: false, acceptedAt: null })
    expect(assess(tracked, FACTS, POLICY, NOW)).toMatchObject({ state: 'expiring', mender: 'person' })
  })

  test('was dead from the end that its last renewal gave it', () => {
    const before = shop({ renewedAt: ago(100) })
    const after = { ...before, consentAt: NOW, renewedAt: NOW, acceptedAt: NOW }
    expect(withGap(before, after, POLICY, NOW).gap).toEqual({ from: ago(10), to: NOW })
    const alive = { ...shop({ renewedAt: ago(80) }) }
    expect(withGap(alive, { ...alive, renewedAt: NOW, acceptedAt: NOW }, POLICY, NOW).gap).toBeNull()
  })
})
