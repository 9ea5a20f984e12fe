/** How failures in a row are counted. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ERROR_CODES, type ErrorCode } from '../../src/errors.ts'
import { withFailure } from '../../src/tokens/failing.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import type { Failing } from '../../src/tokens/token-set.ts'
import { at } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const down: Failing = { code: 'MARKETPLACE_DOWN', count: 3, since: NOW - DAY, notBefore: null }
const again = { code: 'MARKETPLACE_DOWN', at: NOW }

test('the first failure', () => {
  expect(withFailure(null, again)).toEqual({
    code: 'MARKETPLACE_DOWN',
    count: 1,
    since: NOW,
    notBefore: null,
  })
})

test('one more of the same code', () => {
  expect(withFailure(down, again)).toEqual({ ...down, count: 4 })
})

test('another code begins anew', () => {
  expect(withFailure(down, { code: 'NETWORK_FAILED', at: NOW })).toEqual({
    code: 'NETWORK_FAILED',
    count: 1,
    since: NOW,
    notBefore: null,
  })
})

test('a clock that was set back does not make it fail since a day to come', () => {
  expect(withFailure(down, { ...again, at: NOW - 9 * DAY })?.since).toBe(NOW - 9 * DAY)
})

test.each(Object.keys(ERROR_CODES) as ErrorCode[])(
  '%s counts only if it says something of the exchange',
  code => {
    const counts = [
      'BUG',
      'GRANT_REJECTED',
      'ANSWER_LOST',
      'CONSENT_DENIED',
      'SELLER_MISMATCH',
      'REFRESH_EXPIRED',
      'CLIENT_REJECTED',
      'CLOCK_WRONG',
      'NOT_LOGGED_IN',
      'NETWORK_FAILED',
      'RATE_LIMITED',
      'MARKETPLACE_DOWN',
      'REPLY_MALFORMED',
    ].includes(code)
    expect(withFailure(null, { code, at: NOW })?.count).toBe(counts ? 1 : undefined)
    if (!counts) expect(withFailure(down, { code, at: NOW })).toBe(down)
  },
)

test('a code of a later version counts', () => {
  expect(withFailure(null, { code: 'toString', at: NOW })?.count).toBe(1)
})

describe('a time that the vendor named', () => {
  test.each<[string, number | null | undefined, number | null]>([
    ['none', undefined, null],
    ['none, said', null, null],
    ['zero', 0, null],
    ['less', -1, null],
    ['no number', Number.NaN, null],
    ['an hour', HOUR, NOW + HOUR],
    ['a fraction of a millisecond', 0.5, NOW + 1],
    ['a day', DAY, NOW + DAY],
    ['more than a day', DAY + 1, NOW + DAY],
    ['for ever', Number.POSITIVE_INFINITY, NOW + DAY],
  ])('%s', (_, retryAfterMs, notBefore) => {
    expect(withFailure(null, { ...again, retryAfterMs })?.notBefore).toBe(notBefore)
  })

  test.each<[string, number, number | undefined, number | null]>([
    ['is kept when a later failure names none', NOW + HOUR, undefined, NOW + HOUR],
    ['is kept when a later failure names an earlier', NOW + HOUR, 1000, NOW + HOUR],
    ['gives way to a later one', NOW + HOUR, 2 * HOUR, NOW + 2 * HOUR],
    ['has passed', NOW, undefined, null],
    ['was dated by a wrong clock', NOW + DAY + 1, undefined, null],
    ['was dated by a wrong clock, and another is named', NOW + 99 * DAY, HOUR, NOW + HOUR],
  ])('%s', (_, notBefore, retryAfterMs, expected) => {
    for (const code of ['MARKETPLACE_DOWN', 'NETWORK_FAILED'])
      expect(withFailure({ ...down, notBefore }, { code, at: NOW, retryAfterMs })?.notBefore).toBe(expected)
  })

  test('is a date within a day, whatever was named', () => {
    fc.assert(
      fc.property(fc.double(), fc.option(fc.integer(), { nil: null }), (retryAfterMs, ahead) => {
        const before = ahead === null ? null : { ...down, notBefore: NOW + ahead }
        const notBefore = withFailure(before, { ...again, retryAfterMs })?.notBefore ?? NOW + 1
        expect(Number.isInteger(notBefore)).toBe(true)
        expect(notBefore).toBeGreaterThan(NOW)
        expect(notBefore).toBeLessThanOrEqual(NOW + DAY)
      }),
    )
  })
})
