/** Rows that wait: none is lost, none is changed, and they come back in the order of the listing. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SORTS } from '../../../src/cli/filter.ts'
import { HeldRows, rowWith, valuesOf } from '../../../src/cli/status/held-rows.ts'
import { comparePlaces, Foremost, placeIn } from '../../../src/cli/status/place.ts'
import { accountRow, assessAccounts } from '../../../src/cli/status/status-report.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { anyHeader } from '../../vault/samples.ts'
import { NOW, rules } from '../render/findings.ts'

const named = fc
  .tuple(
    anyHeader,
    fc.constantFrom('ebay', 'amazon', 'aliexpress', 'etsy'),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/),
  )
  .map(([header, marketplace, name]): AccountHeader => ({ ...header, account: `${marketplace}:${name}` }))
const anyAccounts = fc
  .uniqueArray(named, { selector: ({ account }) => account, maxLength: 30 })
  .map(headers => assessAccounts(headers, rules, NOW))
const anySort = fc.constantFrom(undefined, ...SORTS)

describe('rows', () => {
  it('come back whole, in order, however they came', () => {
    fc.assert(
      fc.property(anyAccounts, anySort, fc.boolean(), (accounts, sort, isByName) => {
        if (isByName) accounts.sort((a, b) => (a.header.account < b.header.account ? -1 : 1))
        const held = new HeldRows(sort)
        for (const account of accounts)
          held.add(account, `${account.header.account} ${account.header.seller} 🛒ä`)
        const expected = [...accounts]
          .sort((a, b) => comparePlaces(placeIn(a, sort), placeIn(b, sort), sort))
          .map(({ header }) => `${header.account} ${header.seller} 🛒ä`)
        expect([...held.texts()]).toEqual(expected)
        expect([...held.texts(1, 3)]).toEqual(expected.slice(1, 3))
        expect(held.count).toBe(accounts.length)
      }),
    )
  })

  it('longer than what is asked of the system at once', () => {
    const held = new HeldRows(undefined)
    const accounts = assessAccounts(
      ['a', 'b', 'c'].map(
        name =>
          ({ ...fc.sample(anyHeader, { numRuns: 1, seed: 1 })[0], account: `ebay:${name}` }) as AccountHeader,
      ),
      rules,
      NOW,
    )
    const texts = [600_000, 3_000_000, 600_000].map((length, index) => `${index}`.repeat(length))
    for (const [index, account] of accounts.entries()) held.add(account, texts[index] ?? '')
    expect([...held.texts()]).toEqual(texts)
  })

  it('of JSON are what JSON.stringify makes of the whole', () => {
    fc.assert(
      fc.property(named, header => {
        const [assessed] = assessAccounts([header], rules, NOW)
        if (assessed === undefined) return
        const row = accountRow(assessed, NOW)
        const whole = JSON.stringify({ accounts: [row] }, null, 2)
        expect(`{\n  "accounts": [\n${rowWith(Object.keys(row), valuesOf(row))}\n  ]\n}`).toBe(whole)
      }),
      { numRuns: 300 },
    )
  })
})

it('the foremost few are those of the whole order', () => {
  fc.assert(
    fc.property(anyAccounts, anySort, fc.nat(8), (accounts, sort, most) => {
      const foremost = new Foremost(most, sort)
      for (const account of accounts) foremost.take(account)
      const whole = [...accounts].sort((a, b) => comparePlaces(placeIn(a, sort), placeIn(b, sort), sort))
      expect(foremost.accounts()).toEqual(whole.slice(0, most))
    }),
  )
})
