import { describe, expect, test } from 'vitest'
import { Slots } from '../../src/renewal/slots.ts'
import { DAY, HOUR, SECOND } from '../../src/tokens/time.ts'
import type { Allowance } from '../../src/vault/fleet.ts'
import { at } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const EBAY: Allowance = { app: 'ebay.default', perDay: 50_000, perSecond: null, isSpread: true }

/** Allowances of which the day has so many left. */
function slots(sentToday: number, dayLeft = 0) {
  let given = 0
  const made = new Slots({
    take: async () => {
      given += Math.min(1, dayLeft)
      return Math.min(1, dayLeft)
    },
    giveBack: async (_, count) => {
      given -= count
    },
    sentToday: async () => sentToday,
  })
  return { give: made.give.bind(made), given: () => given }
}

const seconds = (until: readonly number[]) => until.map(each => (each - NOW) / SECOND)

describe('slots', () => {
  test('follow each other at the pace of the rate', async () => {
    const { give } = slots(0)
    const { until, shortage } = await give({ ...EBAY, perDay: null, perSecond: 2 }, 6, NOW)
    expect(shortage).toBe('rate')
    expect(seconds(until)).toEqual([1, 2, 2, 3, 3, 4])
  })

  test('go on where the last ended, and begin anew when that has passed', async () => {
    const { give } = slots(0)
    const rate = { ...EBAY, perDay: null, perSecond: 1 }
    expect(seconds((await give(rate, 3, NOW)).until)).toEqual([1, 2, 3])
    expect(seconds((await give(rate, 2, NOW)).until)).toEqual([4, 5])
    expect(seconds((await give(rate, 1, NOW + 60 * SECOND)).until)).toEqual([61])
    expect(seconds((await give({ ...rate, app: 'ebay.other' }, 1, NOW)).until)).toEqual([1])
  })

  test('of a day that is spread follow its pace', async () => {
    const { until, shortage } = await slots(10_000).give({ ...EBAY, perDay: 8640 * 2 }, 3, NOW)
    expect(shortage).toBe('day')
    expect(seconds(until)).toEqual([1, 6, 11])
  })

  test('of a day that is used up begin with the next', async () => {
    const next = at('2026-11-23')
    const { until } = await slots(50_000).give({ ...EBAY, isSpread: false }, 3, NOW)
    expect(until).toEqual([next, next, next])
    const { until: spread } = await slots(50_000).give({ ...EBAY, perDay: DAY / SECOND / 10 }, 3, NOW)
    expect(spread).toEqual([next, next + 10 * SECOND, next + 20 * SECOND])
  })

  test('tell the day from the rate by asking, and give back what that took', async () => {
    const both = { ...EBAY, perSecond: 5 }
    const short = slots(20_000, 0)
    expect((await short.give(both, 1, NOW)).shortage).toBe('day')
    const free = slots(20_000, 9)
    expect((await free.give(both, 1, NOW)).shortage).toBe('rate')
    expect([short.given(), free.given()]).toEqual([0, 0])
  })

  test('are never further than an hour, however many wait', async () => {
    const { give } = slots(0)
    const rate = { ...EBAY, perDay: null, perSecond: 1 }
    for (let page = 0; page < 30; page += 1) {
      const { until } = await give(rate, 500, NOW)
      expect(Math.max(...until)).toBeLessThanOrEqual(NOW + HOUR + 2 * SECOND)
      expect(Math.min(...until)).toBeGreaterThan(NOW)
    }
  })
})
