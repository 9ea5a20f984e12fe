/** What an app may send on one machine: by what every run of this user counted. */
import { describe, expect, test } from 'vitest'
import { localAllowances } from '../../../src/cli/worker/local-allowances.ts'
import { DAY, HOUR, SECOND } from '../../../src/tokens/time.ts'
import type { Allowance } from '../../../src/vault/fleet.ts'
import { fakeClock } from '../../support/clock.ts'
import { NOW } from '../../support/world.ts'

const EBAY: Allowance = { app: 'ebay.default', perDay: 240, perSecond: null, isSpread: false }

function machine(counted: number | null = 0) {
  const clock = fakeClock(NOW)
  let count = counted
  const counts = {
    count: () => count,
    add: () => {
      count = (count ?? 0) + 1
    },
  }
  return { clock, count: () => count, ...localAllowances(counts, clock.now) }
}

describe('the day', () => {
  test('is what the vendor allows, less what was sent and what is taken', async () => {
    const { take, giveBack, sent, count } = machine(200)
    expect(await take(EBAY, 30)).toBe(30)
    expect(await take(EBAY, 30)).toBe(10)
    expect(await take(EBAY, 1)).toBe(0)
    sent?.('ebay.default')
    expect([count(), await take(EBAY, 1)]).toEqual([201, 0])
    await giveBack('ebay.default', 5)
    expect(await take(EBAY, 9)).toBe(5)
  })

  test('is given out evenly where that is wanted, five minutes ahead', async () => {
    const { clock, take } = machine()
    const spread = { ...EBAY, perDay: 288, isSpread: true }
    // Ten of 24 hours are over.
    expect(await take(spread, 999)).toBe(121)
    expect(await take(spread, 999)).toBe(0)
    clock.advance(HOUR)
    expect(await take(spread, 999)).toBe(12)
    clock.advance(13 * HOUR - SECOND)
    expect(await take(spread, 999)).toBe(288 - 133)
  })

  test('limits nobody where the count cannot be told', async () => {
    expect(await machine(null).take(EBAY, 999)).toBe(999)
  })
})

describe('the rate', () => {
  const rate = { ...EBAY, perDay: null, perSecond: 4 }

  test('fills up as time goes by, and is never more than a second’s', async () => {
    const { clock, take, giveBack } = machine()
    expect(await take(rate, 9)).toBe(4)
    expect(await take(rate, 9)).toBe(0)
    clock.advance(SECOND / 2)
    expect(await take(rate, 9)).toBe(2)
    clock.advance(DAY)
    expect(await take(rate, 9)).toBe(4)
    await giveBack('ebay.default', 1)
    expect(await take(rate, 9)).toBe(1)
    clock.advance(-HOUR)
    expect(await take(rate, 9)).toBe(0)
  })

  test('of less than one a second lets one through, and then waits', async () => {
    const { clock, take } = machine()
    const slow = { ...rate, perSecond: 0.5 }
    expect(await take(slow, 9)).toBe(1)
    clock.advance(SECOND)
    expect(await take(slow, 9)).toBe(0)
    clock.advance(SECOND)
    expect(await take(slow, 9)).toBe(1)
  })
})
