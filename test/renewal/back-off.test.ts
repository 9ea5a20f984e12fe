/** When an unattended run asks again for an account that fails again and again. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ERROR_CODES, type ErrorCode } from '../../src/errors.ts'
import { askAgainAt, backingOff, failingWords } from '../../src/renewal/back-off.ts'
import { DAY, HOUR, MINUTE, SECOND, toIso } from '../../src/tokens/time.ts'
import type { AccountHeader, Failing } from '../../src/tokens/token-set.ts'
import { at, header } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')

/** An account that failed so often, the last time so long ago. */
function failing(count: number, ago: number, given: Partial<Failing> = {}): AccountHeader {
  return header({
    failing: { code: 'MARKETPLACE_DOWN', count, since: NOW - DAY, notBefore: null, ...given },
    lastAttempt: { at: NOW - ago, outcome: 'failed', code: 'MARKETPLACE_DOWN' },
  })
}

/** How long it is still left alone, in milliseconds. */
const left = (account: AccountHeader) => {
  const until = askAgainAt(account, NOW)
  return until === null ? null : until - NOW
}

/** The pause of an account of this name after so many failures, in milliseconds. */
const pauseOf = (count: number, account = 'ebay:main') => left({ ...failing(count, 0), account }) ?? 0

describe('pauses', () => {
  test.each<[failures: number, hours: number, pause: string | null]>([
    [1, 0, null],
    [4, 0, null],
    [5, 1, '00:49:09.840'],
    [6, 2, '01:38:19.679'],
    [7, 4, '03:16:39.359'],
    [8, 6, '04:54:59.038'],
    [9, 6, '04:54:59.038'],
    [1_000_000, 6, '04:54:59.038'],
    [Number.MAX_SAFE_INTEGER, 6, '04:54:59.038'],
  ])('after %d failures a slack less than %d h: ebay:main has %s', (count, _, pause) => {
    expect(pauseOf(count) === 0 ? null : new Date(pauseOf(count)).toISOString().slice(11, -1)).toBe(pause)
    expect(left(failing(count, pauseOf(count) - 1))).toBe(pause === null ? null : 1)
    expect(left(failing(count, pauseOf(count)))).toBeNull()
  })

  test.each<[lasted: number, least: number, most: number]>([
    // A script that asks every second has its five failures at once.
    [4 * SECOND, 24 * SECOND, 30 * SECOND],
    [10 * MINUTE, 8 * MINUTE, 10 * MINUTE],
    [HOUR, 48 * MINUTE, HOUR],
    [DAY, 4.8 * HOUR, 6 * HOUR],
  ])('no longer than it has failed for: %d ms', (lasted, least, most) => {
    const pause = left(failing(50, 0, { since: NOW - lasted })) ?? 0
    expect(pause).toBeGreaterThanOrEqual(least)
    expect(pause).toBeLessThanOrEqual(most)
  })

  const name = fc.tuple(
    fc.constantFrom('ebay', 'amazon', 'aliexpress'),
    fc.stringMatching(/^[a-z0-9-]{1,63}$/),
  )

  test('never longer than the whole hours, never shorter than four fifths, and one name has one pause', () => {
    const wholes = [0, 0, 0, 0, 0, 1, 2, 4, 6]
    fc.assert(
      fc.property(name, fc.integer({ min: 1, max: 99 }), (words, count) => {
        const [account, whole] = [words.join(':'), (wholes[count] ?? 6) * HOUR]
        const pause = pauseOf(count, account)
        expect(pause).toBeLessThanOrEqual(0.9 * whole)
        expect(pause).toBeGreaterThanOrEqual(0.8 * whole)
        expect(pauseOf(count, account)).toBe(pause)
      }),
    )
  })

  test.each<[names: string, nameOf: (index: number) => string]>([
    ['with a number at their end', index => `ebay:shop-${index}`],
    ['with a number at their begin', index => `amazon:${index}-de`],
    [
      'of one letter',
      index => `aliexpress:${String.fromCharCode(97 + (index % 26))}${Math.floor(index / 26)}`,
    ],
  ])('names %s are spread over all of the slack', (_, nameOf) => {
    const tenths = new Set(
      Array.from({ length: 100 }, (_, index) => {
        const share = (0.9 - pauseOf(9, nameOf(index)) / (6 * HOUR)) / 0.1
        return Math.floor(share * 10)
      }),
    )
    expect([...tenths].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('a run every six hours, some minutes apart, asks each time', () => {
    // The account is asked some minutes after its run began; each run begins when it likes within those minutes.
    const minutes = fc.integer({ min: 0, max: 35 * MINUTE })
    fc.assert(
      fc.property(name, minutes, minutes, (words, before, after) => {
        const account = words.join(':')
        expect(left({ ...failing(9, 6 * HOUR - before + after), account })).toBeNull()
      }),
    )
  })

  test('an account that does not fail is asked', () => {
    expect(askAgainAt(header(), NOW)).toBeNull()
  })

  test('so is one whose last try succeeded, or was never noted', () => {
    const account = failing(9, 0)
    expect(left({ ...account, lastAttempt: null })).toBeNull()
    expect(left({ ...account, lastAttempt: { at: NOW, outcome: 'proved', code: null } })).toBeNull()
  })
})

describe('a time that the vendor named', () => {
  test.each<[string, AccountHeader, number | null]>([
    ['is kept to from the first failure on', failing(1, 0, { notBefore: NOW + 5 * MINUTE }), 5 * MINUTE],
    ['has passed', failing(1, HOUR, { notBefore: NOW }), null],
    ['a day at most', failing(1, 0, { notBefore: NOW + DAY }), DAY],
    ['was dated by a wrong clock', failing(1, 0, { notBefore: NOW + DAY + 1 }), null],
    ['the longer of the two holds: theirs', failing(5, 0, { notBefore: NOW + 2 * HOUR }), 2 * HOUR],
    ['the longer of the two holds: ours', failing(5, 0, { notBefore: NOW + MINUTE }), pauseOf(5)],
  ])('%s', (_, account, expected) => {
    expect(left(account)).toBe(expected)
  })
})

describe('a clock that was wrong', () => {
  test('a try of more than a day ahead holds nobody', () => {
    expect(left(failing(9, -DAY - 1))).toBeNull()
  })

  test('a try within a day ahead holds for a day at most', () => {
    expect(left(failing(9, -DAY))).toBe(DAY)
    expect(left(failing(5, -HOUR))).toBe(HOUR + pauseOf(5))
  })

  test('nobody is held for more than a day, and never for a time that has passed', () => {
    const near = fc.integer({ min: -3 * DAY, max: 3 * DAY })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), near, near, (count, ago, ahead) => {
        const until = left(failing(count, ago, { notBefore: NOW + ahead }))
        if (until === null) return
        expect(until).toBeGreaterThan(0)
        expect(until).toBeLessThanOrEqual(DAY)
      }),
    )
  })
})

describe('what is said', () => {
  const until = NOW + HOUR
  const given: Failing = { code: 'MARKETPLACE_DOWN', count: 7, since: NOW - DAY, notBefore: null }

  test('how often it failed, since when, why, and when it is asked again', () => {
    expect(failingWords(given, until, toIso)).toBe(
      'it failed 7 times in a row since 2026-11-21T10:00:00Z (MARKETPLACE_DOWN), and an unattended run asks again after 2026-11-22T11:00:00Z',
    )
    expect(failingWords({ ...given, count: 1 }, until, toIso)).toMatch(/^it failed 2026-11-21T10:00:00Z \(/)
  })

  const held = (code: string, notBefore: number | null = until) =>
    backingOff(
      {
        account: { marketplace: 'ebay', name: 'main' },
        header: header({ failing: { ...given, code, notBefore } }),
        assessment: null,
      },
      NOW,
    )

  test.each(Object.keys(ERROR_CODES) as ErrorCode[])(
    '%s keeps its code, and with it its exit status',
    code => {
      const { error, outcome, waitsUntil } = held(code)
      expect({ outcome, waitsUntil, code: error?.code }).toEqual({
        outcome: 'failed',
        waitsUntil: until,
        code,
      })
      expect(error?.message).toMatch(/^Not asked now: it failed 7 times in a row since .*\.$/)
      expect(error?.fix).toContain('`tokenctl renew ebay:main` asks now.')
      expect(error?.fix.includes(ERROR_CODES[code].fix)).toBe(ERROR_CODES[code].exit === 3)
    },
  )

  test('a code that this version does not know is one that the next run may mend', () => {
    expect(held('valueOf').error?.exit).toBe(4)
  })
})
