import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRetryAfter, waitOfSeconds } from '../../src/oauth/retry-after.ts'
import { DAY, SECOND } from '../../src/tokens/time.ts'

// RFC 9110's own date, a minute before it.
const NOW = Date.UTC(1994, 10, 6, 8, 48, 37)

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['120', 120 * SECOND],
    [' 7 ', 7 * SECOND],
    ['86400', DAY],
    ['86401', DAY],
    ['99999999999999999999', DAY],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 60 * SECOND],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 60 * SECOND],
    ['Sun Nov  6 08:49:37 1994', 60 * SECOND],
    ['Sun Nov 06 08:49:37 1994', 60 * SECOND],
    ['Sun, 06 Nov 1994 08:48:37 GMT', 0],
    ['Sat, 05 Nov 1994 08:49:37 GMT', 0],
    ['Fri, 06 Nov 2026 08:49:37 GMT', DAY],
    // Two digits that seem more than 50 years ahead are the past.
    ['Thursday, 06-Nov-45 08:49:37 GMT', 0],
    ['Monday, 06-Nov-44 08:49:37 GMT', 0],
  ])('of %j', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected)
  })

  it.each([
    undefined,
    '',
    '-1',
    '+5',
    '1.5',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '120, 120',
    'tomorrow',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 06 Xyz 1994 08:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'x Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT+1',
    'x Sunday, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT+1',
    'x Sun Nov  6 08:49:37 1994',
    'Sun Nov  6 08:49:37 19945',
    'Sun Nov x6 08:49:37 1994',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    '12x',
    'x12',
  ])('says nothing when it is %j', value => {
    expect(parseRetryAfter(value, NOW)).toBeUndefined()
  })

  it('knows every month', () => {
    for (let month = 0; month < 12; month += 1) {
      const at = Date.UTC(2026, month, 9, 12)
      const text = new Date(at).toUTCString()
      expect(parseRetryAfter(text, at - 5000), text).toBe(5000)
    }
  })

  it('takes a year of two digits for one up to 50 years ahead, and no more', () => {
    // RFC 9110 section 5.6.7: only what "appears to be more than 50 years in the future" is the past.
    expect(parseRetryAfter('Monday, 22-Nov-76 10:00:00 GMT', Date.UTC(2026, 10, 22, 10))).toBe(DAY)
    expect(parseRetryAfter('Monday, 22-Nov-77 10:00:00 GMT', Date.UTC(2026, 10, 22, 10))).toBe(0)
  })

  it('reads a year of two digits across the turn of a century', () => {
    const now = Date.UTC(2026, 10, 22, 10)
    expect(parseRetryAfter('Sunday, 22-Nov-26 10:01:00 GMT', now)).toBe(60 * SECOND)
    expect(parseRetryAfter('Sunday, 22-Nov-77 10:01:00 GMT', now)).toBe(0)
  })

  it('is a wait between nothing and a day, whatever comes', () => {
    const text = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map(date => date.toUTCString()),
    )
    fc.assert(
      fc.property(text, value => {
        const wait = parseRetryAfter(value, NOW)
        if (wait === undefined) return
        expect(wait).toBeGreaterThanOrEqual(0)
        expect(wait).toBeLessThanOrEqual(DAY)
      }),
    )
  })

  it.each([
    [Number.NaN, undefined],
    [-1, undefined],
    [0, 0],
    [7, 7000],
    [Number.POSITIVE_INFINITY, DAY],
  ])('takes %d seconds as a wait', (seconds, expected) => {
    expect(waitOfSeconds(seconds)).toBe(expected)
  })
})
