/** Two clocks beside each other: which difference is worth a word, and which AliExpress refuses. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clockFinding, skewOf } from '../../../src/cli/doctor/clock-check.ts'
import { HOUR, MINUTE, SECOND } from '../../../src/tokens/time.ts'

const NOW = Date.UTC(2026, 10, 22, 10)
const skew = (ms: number, marketplace = 'ebay') => ({ marketplace, host: `${marketplace}.test`, ms })

describe('the difference', () => {
  test('is taken at the middle of the exchange', () => {
    const date = new Date(NOW).toUTCString()
    expect(skewOf({ marketplace: 'ebay', host: 'h' }, { date }, NOW, NOW + 4 * SECOND)?.ms).toBe(2 * SECOND)
  })

  test('counts the age of a copy that a cache gave', () => {
    const headers = { date: new Date(NOW - 600 * SECOND).toUTCString(), age: '600' }
    expect(skewOf({ marketplace: 'ebay', host: 'h' }, headers, NOW, NOW)?.ms).toBe(0)
  })

  test.each([[{}], [{ date: '' }], [{ date: 'yesterday' }]])('is none for %o', headers => {
    expect(skewOf({ marketplace: 'ebay', host: 'h' }, { ...headers }, NOW, NOW)).toBeUndefined()
  })
})

describe('the finding', () => {
  test.each([
    [[], 'skipped'],
    [[skew(0)], 'ok'],
    [[skew(2 * MINUTE)], 'ok'],
    [[skew(2 * MINUTE + SECOND)], 'warning'],
    [[skew(-3 * MINUTE), skew(0, 'amazon')], 'warning'],
    [[skew(5 * HOUR)], 'warning'],
    [[skew(2 * HOUR - SECOND, 'aliexpress')], 'warning'],
    [[skew(2 * HOUR, 'aliexpress')], 'problem'],
    [[skew(-2 * HOUR, 'aliexpress'), skew(-2 * HOUR)], 'problem'],
  ] as const)('over %j is %s', (skews, state) => {
    expect(clockFinding(skews).state).toBe(state)
  })

  test('never turns on the order of the answers, nor on which clock is ahead', () => {
    const any = fc.array(
      fc.record({
        marketplace: fc.constantFrom('ebay', 'amazon', 'aliexpress'),
        ms: fc.integer({ min: -1e10, max: 1e10 }),
      }),
    )
    fc.assert(
      fc.property(any, given => {
        const skews = given.map(each => ({ ...each, host: each.marketplace }))
        const { state } = clockFinding(skews)
        expect(clockFinding([...skews].reverse()).state).toBe(state)
        expect(clockFinding(skews.map(each => ({ ...each, ms: -each.ms }))).state).toBe(state)
      }),
    )
  })
})
