/** The vendors' daily quotas over the counts of a day, and what is said of those that are nearly used up. */
import { describe, expect, test } from 'vitest'
import { quotaNotes, quotaOf } from '../../../src/cli/renewing/quotas.ts'
import { rulesOf } from '../../../src/cli/rules.ts'
import type { DailyCounts } from '../../../src/platform/daily-counts.ts'
import { Settings } from '../../../src/settings.ts'
import { header } from '../../support/accounts.ts'
import { NOW, testWorld } from '../../support/world.ts'

/** Counts in memory, beginning with these. */
function counts(
  given: Readonly<Record<string, number>> = {},
): DailyCounts & { readonly all: Record<string, number> } {
  const all: Record<string, number> = { ...given }
  return {
    all,
    count: name => all[name] ?? 0,
    add: name => {
      all[name] = (all[name] ?? 0) + 1
    },
  }
}

const quota = (settings: Readonly<Record<string, string>>, counted: DailyCounts) =>
  quotaOf(rulesOf(new Settings(settings)), counted)

describe('the quota of an app', () => {
  test('is what the vendor allows, less what was counted', () => {
    const counted = counts({ 'ebay.default': 49_999 })
    const ebay = quota({}, counted)
    expect(ebay.left('ebay', 'default', NOW)).toBe(1)
    expect(ebay.left('ebay', 'other', NOW)).toBe(50_000)
    ebay.used('ebay', 'default', NOW)
    ebay.used('ebay', 'default', NOW)
    expect(counted.all).toEqual({ 'ebay.default': 50_001 })
    expect(ebay.left('ebay', 'default', NOW)).toBe(0)
  })

  test('where the vendor names no number nothing is counted', () => {
    const counted = counts()
    for (const id of ['amazon', 'aliexpress']) {
      quota({}, counted).used(id, 'default', NOW)
      expect(quota({}, counted).left(id, 'default', NOW)).toBeNull()
    }
    expect(counted.all).toEqual({})
  })

  test('a count that cannot be told limits nobody', () => {
    expect(quota({}, { count: () => null, add: () => {} }).left('ebay', 'default', NOW)).toBeNull()
  })

  test('a sandbox and a simulator have counts of their own', () => {
    const counted = counts()
    quota({ 'environment.ebay': 'sandbox' }, counted).used('ebay', 'default', NOW)
    quota({ 'endpoint.ebay': 'http://127.0.0.1:8080' }, counted).used('ebay', 'default', NOW)
    expect(counted.all).toEqual({ 'ebay.default.sandbox': 1, 'ebay.default.local': 1 })
  })
})

describe('the notes', () => {
  const notes = async (used: number, headers = [header()]) =>
    quotaNotes(headers, await testWorld({ dailyCounts: counts({ 'ebay.default': used }) }))

  test.each([
    [0, 0],
    [45_000, 0],
    [45_001, 1],
    [60_000, 1],
  ])('with %d used: %d', async (used, count) => {
    expect(await notes(used)).toHaveLength(count)
  })

  test('say which app, how much is left, and until when', async () => {
    const [note] = await notes(45_001, [header(), header({ account: 'ebay:second' })])
    expect(note).toMatch(
      /^eBay app default: 4,999 of today's 50,000 refreshes are left; the count begins anew 2026-11-2[234] \d\d:\d\d\.$/,
    )
  })

  test('not of an app that nothing here is renewed with', async () => {
    expect(await notes(45_001, [header({ holdsToken: false }), header({ app: 'other' })])).toEqual([])
    expect(await notes(45_001, [header({ account: 'amazon:main' })])).toEqual([])
    expect(await notes(45_001, [])).toEqual([])
  })
})
