/** Which notices are due: tables of standings, and what holds whatever happens: never twice, never lost. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assess, assessSecret } from '../../src/renewal/assess.ts'
import {
  afterTelling,
  failureKind,
  type Mark,
  type Notice,
  noticesOf,
  recoveryKind,
  type Standing,
  warningBefore,
} from '../../src/renewal/notices.ts'
import type { Delivery } from '../../src/tokens/delivery.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, delivery, FACTS, type FakeMarketplace, header, POLICIES } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
/** The one code after which nothing leaves until a person acted. */
const REFUSED = 'DELIVERY_FAILED'

/** How an account stands at `now`. */
function standing(given: Partial<AccountHeader>, now = NOW): Extract<Standing, { kind: 'account' }> {
  const full = header(given)
  const marketplace = full.account.split(':')[0] as FakeMarketplace
  const policy = POLICIES[marketplace]
  return { kind: 'account', header: full, policy, assessment: assess(full, FACTS[marketplace], policy, now) }
}

const short = ({ event, key, days }: Pick<Mark, 'event' | 'key' | 'days'>) =>
  days === null ? `${event}: ${key}` : `${event} ${days}: ${key}`
const told = (given: Standing, marks: readonly Mark[] = [], now = NOW) =>
  noticesOf(given, marks, now).map(short)

/** An eBay shop, renewed yesterday, whose reported end is so many days away. */
const ending = (days: number, more: Partial<AccountHeader> = {}) =>
  standing({
    consentAt: NOW + days * DAY - 365 * DAY,
    renewedAt: NOW - DAY,
    endsAt: NOW + days * DAY,
    ...more,
  })

describe('an end', () => {
  test.each<[number, number | null]>([
    [31, null],
    [30, 30],
    [20, 30],
    [14.01, 30],
    [14, 14],
    [8, 14],
    [7, 7],
    [2, 7],
    [1, 1],
    [0.01, 1],
  ])('in %d days is told as that in %s', (days, threshold) => {
    const given = ending(days)
    const key = new Date(given.header.endsAt ?? 0).toISOString().replace('.000Z', 'Z')
    expect(told(given)).toEqual(threshold === null ? [] : [`ending ${threshold}: ${key}`])
  })

  test.each<[string, number, number, number | null]>([
    ['60 days, at 20', 60, 20, null],
    ['60 days, at 14.9: its warning begins at 15', 60, 14.9, null],
    ['60 days, at 14', 60, 14, 14],
    ['60 days, at 7', 60, 7, 7],
    ['2 days, at 1', 2, 1, null],
    ['2 days, at 13 hours', 2, 13 / 24, null],
    ['2 days, at 12 hours: told though no threshold lies there', 2, 12 / 24, 1],
    ['10 days, at 3', 10, 3, null],
    ['10 days, at 1', 10, 1, 1],
    ['30 days, at 7', 30, 7, 7],
    ['6 months, at 30', 182, 30, 30],
  ])('of an AliExpress consent of %s days', (_, life, left, threshold) => {
    const given = standing({
      account: 'aliexpress:main',
      consentAt: NOW + left * DAY - life * DAY,
      renewedAt: NOW - HOUR,
      endsAt: NOW + left * DAY,
    })
    const ends = noticesOf(given, [], NOW).filter(({ event }) => event === 'ending')
    expect(ends.map(({ days }) => days)).toEqual(threshold === null ? [] : [threshold])
  })

  test('that is only estimated is told where nothing can settle it, and not where a refresh would', () => {
    const given = { consentAt: NOW - 358 * DAY, renewedAt: NOW - DAY }
    expect(noticesOf(standing(given), [], NOW)).toMatchObject([{ event: 'ending', days: 7 }])
    const ali = standing({ account: 'aliexpress:main', consentAt: NOW - 175 * DAY, renewedAt: NOW - DAY })
    expect(noticesOf(ali, [], NOW).map(({ event }) => event)).toEqual(['due'])
  })

  test('that is told is not told again until the next threshold; another end begins anew', () => {
    const first = ending(20)
    const [notice] = noticesOf(first, [], NOW)
    if (notice === undefined) throw new Error('no notice')
    const marks = afterTelling([], notice, { took: ['a'], missed: [] }, NOW)
    expect(told(first, marks)).toEqual([])
    const later = NOW + 7 * DAY
    expect(noticesOf(standing(first.header, later), marks, later)).toMatchObject([{ days: 14 }])
    expect(told(ending(6), marks)).toHaveLength(1)
  })

  test('only the nearest is told where runs were missed', () => {
    expect(noticesOf(ending(0.5), [], NOW)).toMatchObject([{ days: 1 }])
  })

  test('of a setting with another warning keeps to it', () => {
    const given = ending(13)
    const policy = { ...POLICIES.ebay, warning: { days: 10 } }
    const assessment = assess(given.header, FACTS.ebay, policy, NOW)
    const events = noticesOf({ ...given, policy, assessment }, [], NOW).map(({ event }) => event)
    expect(events).not.toContain('ending')
  })

  test('the warning is that of the states: it begins where an account becomes `expiring`', () => {
    const days = fc.integer({ min: 1, max: 800 })
    fc.assert(
      fc.property(days, fc.boolean(), fc.integer({ min: 1, max: 60 }), (life, isKnown, warning) => {
        const endsAt = NOW + life * DAY
        const consentAt = isKnown ? NOW : null
        const given = header({ consentAt, renewedAt: NOW, endsAt })
        const policy = { ...POLICIES.ebay, warning: { days: warning } }
        const begins = Math.ceil(endsAt - warningBefore(given, endsAt, policy))
        const state = (now: number) => assess({ ...given, renewedAt: now }, FACTS.ebay, policy, now).state
        expect([state(begins - 1), state(begins)]).toEqual([
          expect.not.stringMatching('expiring'),
          'expiring',
        ])
      }),
    )
  })
})

describe('what is due', () => {
  const due = { consentAt: at('2026-08-01'), renewedAt: at('2026-08-01'), endsAt: at('2027-12-01') }

  test('is told once for the renewal that it counts from', () => {
    const given = standing(due)
    expect(told(given)).toEqual(['due: window 2026-08-01T00:00:00Z'])
    const marks = afterTelling([], noticesOf(given, [], NOW)[0] as Notice, { took: ['a'], missed: [] }, NOW)
    for (const days of [1, 30, -400])
      expect(told(standing(due, NOW + days * DAY), marks, NOW + days * DAY)).toEqual([])
    const next = NOW + 100 * DAY
    expect(told(standing({ ...due, renewedAt: NOW }, next), marks, next)).toEqual([
      'due: window 2026-11-22T10:00:00Z',
    ])
  })

  test('is told where nobody ever renewed', () => {
    expect(told(standing({}))).toEqual(['due: window never'])
  })

  const HANDED = delivery({ deliveredGeneration: 0 })
  const later = NOW + 5 * DAY
  test.each<[string, Partial<AccountHeader>, string]>([
    [
      'an access token that is handed on',
      {
        ...due,
        renewedAt: NOW,
        delivery: HANDED,
        acceptedAt: NOW - 3 * HOUR,
        accessExpiresAt: NOW - HOUR,
      },
      'access 2026-11-22T09:00:00Z',
    ],
    [
      'an access token that is handed on and was never had',
      { ...due, renewedAt: NOW, delivery: HANDED },
      'access never',
    ],
    ['a pasted token', { ...due, renewedAt: NOW, pendingAt: NOW - DAY }, 'unproven 2026-11-21T10:00:00Z'],
    [
      'a day that is still to come',
      { ...due, consentAt: NOW, renewedAt: NOW + 9 * DAY },
      'date-ahead 2026-12-01T10:00:00Z',
    ],
  ])('for %s is told beside what is due by the window, and neither twice', (_, given, key) => {
    const first = standing(given)
    expect(told(first)).toEqual([`due: ${key}`])
    let marks = afterTelling([], noticesOf(first, [], NOW)[0] as Notice, { took: ['a'], missed: [] }, NOW)
    expect(told(first, marks)).toEqual([])
    // It is mended, and now the window has passed.
    const window = standing(due)
    expect(told(window, marks)).toEqual(['due: window 2026-08-01T00:00:00Z'])
    marks = afterTelling(marks, noticesOf(window, marks, NOW)[0] as Notice, { took: ['a'], missed: [] }, NOW)
    expect([told(window, marks), told(first, marks), told(first, marks, later)]).toEqual([[], [], []])
    expect(marks).toHaveLength(2)
  })

  test('what is fine is not told of', () => {
    expect(told(standing({ ...due, renewedAt: NOW - DAY }))).toEqual([])
  })
})

describe('a failure', () => {
  const refused = { refused: { code: 'GRANT_REJECTED', at: NOW - DAY }, generation: 3 } as const
  const failing = (count: number, code = 'MARKETPLACE_DOWN') => ({
    consentAt: NOW - 30 * DAY,
    endsAt: NOW + 400 * DAY,
    renewedAt: NOW - 30 * DAY,
    failing: { code, count, since: NOW - DAY, notBefore: null },
  })

  test.each<[string, Partial<AccountHeader>, readonly string[]]>([
    ['refused', refused, ['failed: dead 3']],
    ['ended', { consentAt: NOW - 400 * DAY, endsAt: NOW - DAY, generation: 2 }, ['failed: dead 2']],
    [
      'unconfirmed',
      {
        account: 'aliexpress:main',
        consentAt: NOW - DAY,
        renewedAt: NOW - DAY,
        endsAt: NOW + 59 * DAY,
        presentedAt: NOW - HOUR,
        generation: 5,
      },
      ['failed: unconfirmed 5'],
    ],
    ['four failures in a row', failing(4), []],
    ['five', failing(5), ['failed: failing MARKETPLACE_DOWN']],
    ['fifty', failing(50), ['failed: failing MARKETPLACE_DOWN']],
    ['dead, and asked in vain five times', { ...refused, ...failing(5) }, ['failed: dead 3']],
  ])('%s', (_, given, expected) => {
    expect(told(standing(given))).toEqual(expected)
  })

  test('a record that cannot be read', () => {
    const given: Standing = { kind: 'unreadable', account: 'ebay:main', code: 'RECORD_UNREADABLE' }
    expect(told(given)).toEqual(['failed: unreadable RECORD_UNREADABLE'])
  })

  test('is told once for one token, and again for the next', () => {
    const given = standing(refused)
    const [notice] = noticesOf(given, [], NOW)
    const marks = afterTelling([], notice as Notice, { took: ['a'], missed: [] }, NOW)
    expect(told(standing({ ...refused, refused: { code: 'GRANT_REJECTED', at: NOW } }), marks)).toEqual([])
    expect(told(standing({ ...refused, generation: 4 }), marks)).toEqual(['failed: dead 4'])
  })

  test('of another kind leaves the first one told', () => {
    const unconfirmed = {
      account: 'aliexpress:main',
      consentAt: NOW - DAY,
      renewedAt: NOW - DAY,
      endsAt: NOW + 59 * DAY,
      presentedAt: NOW - HOUR,
    }
    const given = standing({ ...unconfirmed, failing: failing(5).failing })
    let marks: readonly Mark[] = []
    for (const notice of noticesOf(given, [], NOW))
      marks = afterTelling(marks, notice, { took: ['a'], missed: [] }, NOW)
    expect(marks.map(short)).toEqual(['failed: unconfirmed 0', 'failed: failing MARKETPLACE_DOWN'])
    expect(told(given, marks)).toEqual([])
  })

  test('does not hide an end that comes nearer meanwhile', () => {
    const lost = (life: number, left: number) =>
      standing({
        account: 'aliexpress:main',
        consentAt: NOW + (left - life) * DAY,
        renewedAt: NOW - HOUR,
        endsAt: NOW + left * DAY,
        presentedAt: NOW - HOUR,
      })
    const days = (life: number, left: number) => noticesOf(lost(life, left), [], NOW).map(each => each.days)
    expect(days(60, 7)).toEqual([null, 7])
    expect(days(60, 20)).toEqual([null])
    expect(days(2, 13 / 24)).toEqual([null])
    expect(days(2, 12 / 24)).toEqual([null, 1])
  })

  test.each([
    ['dead 3', 'dead'],
    ['unconfirmed 5', 'unconfirmed'],
    ['failing RATE_LIMITED', 'failing'],
    ['unreadable RECORD_UNREADABLE', 'unreadable'],
  ])('%s is of the kind %s', (key, kind) => {
    expect(failureKind({ key })).toBe(kind)
  })
})

describe('a recovery', () => {
  const fine = { consentAt: NOW - 30 * DAY, renewedAt: NOW - DAY, endsAt: NOW + 400 * DAY }
  const gap = { from: NOW - 9 * DAY, to: NOW - DAY }
  const failure: Mark = { event: 'failed', key: 'dead 3', days: null, at: NOW - 5 * DAY, owed: [] }
  const tell = (marks: readonly Mark[], given: Partial<AccountHeader>) => {
    const [notice] = noticesOf(standing(given), marks, NOW)
    return notice === undefined ? marks : afterTelling(marks, notice, { took: ['a'], missed: [] }, NOW)
  }

  test('is told after a failure that was told, with the gap or without', () => {
    expect(told(standing(fine), [failure])).toEqual(['recovered: no gap'])
    expect(told(standing({ ...fine, gap }), [failure])).toEqual(['recovered: gap 2026-11-21T10:00:00Z'])
  })

  test('is told where orders may be missing and nobody was told of the failure', () => {
    expect(told(standing({ ...fine, gap }))).toEqual(['recovered: gap 2026-11-21T10:00:00Z'])
    expect(told(standing(fine))).toEqual([])
  })

  test('is not told while anything still fails', () => {
    const failing = { code: 'NETWORK_FAILED', count: 1, since: NOW, notBefore: null }
    expect(told(standing({ ...fine, failing }), [failure])).toEqual([])
    const refused = { refused: { code: 'GRANT_REJECTED', at: NOW }, generation: 3 } as const
    expect(told(standing({ ...fine, ...refused, gap }), [failure])).toEqual([])
  })

  test('ends the failures that were told, so that the next one is told again, and its recovery too', () => {
    let marks = tell([failure], { ...fine, gap })
    expect(marks).toMatchObject([{ event: 'recovered' }])
    for (let round = 0; round < 3; round++) {
      expect(told(standing({ ...fine, gap }), marks)).toEqual([])
      // Nobody acknowledged the gap, and another failure comes and goes without a new one.
      marks = [...marks, { ...failure, key: 'failing NETWORK_FAILED' }]
      const again = noticesOf(standing({ ...fine, gap }), marks, NOW)
      expect(again.map(({ event }) => event)).toEqual(['recovered'])
      marks = tell(marks, { ...fine, gap })
    }
    // Acknowledged: nothing is left to tell.
    expect(told(standing(fine), marks)).toEqual([])
  })
})

describe('what is handed on', () => {
  const failing = (code: string, count = 1, since = NOW - DAY) => ({
    code,
    count,
    since,
    lastAt: NOW,
    notBefore: null,
  })
  const refused = failing(REFUSED)
  const fine = { consentAt: NOW - 30 * DAY, renewedAt: NOW - DAY, endsAt: NOW + 400 * DAY, generation: 3 }
  const handed = (given: Partial<Delivery>) => ({
    ...fine,
    delivery: delivery({ tokens: ['refresh'], ...given }),
  })

  test.each<[string, Partial<Delivery>, readonly string[]]>([
    ['waits for the next run', {}, []],
    ['failed four times', { failing: failing('NETWORK_FAILED', 4) }, []],
    [
      'failed five times',
      { failing: failing('NETWORK_FAILED', 5) },
      ['undelivered: failing 2026-11-21T10:00:00Z'],
    ],
    [
      'failed fifty times',
      { failing: failing('NETWORK_FAILED', 50) },
      ['undelivered: failing 2026-11-21T10:00:00Z'],
    ],
    ['was refused', { failing: refused }, ['undelivered: refused 2026-11-21T10:00:00Z']],
    ['arrived', { deliveredGeneration: 3, deliveredAt: NOW }, []],
    ['arrived, and failed when it was handed over again', { deliveredGeneration: 3, failing: refused }, []],
  ])('and %s', (_, given, expected) => {
    expect(told(standing(handed(given)))).toEqual(expected)
  })

  test('is told once for a row of failures, that it arrives again once after it, and the next row anew', () => {
    let marks: readonly Mark[] = []
    const tell = (given: Partial<Delivery>) => {
      const stands = standing(handed(given))
      const notices = noticesOf(stands, marks, NOW)
      for (const each of notices) marks = afterTelling(marks, each, { took: ['a'], missed: [] }, NOW)
      expect(noticesOf(stands, marks, NOW)).toEqual([])
      return notices.map(({ event }) => event)
    }
    const arrived = { deliveredGeneration: 3, deliveredAt: NOW }
    expect(tell(arrived)).toEqual([])
    expect(tell({ failing: refused })).toEqual(['undelivered'])
    expect(tell({ failing: { ...refused, count: 2 } })).toEqual([])
    expect(tell({})).toEqual([])
    expect(tell(arrived)).toEqual(['recovered'])
    expect(tell({ failing: failing(REFUSED, 1, NOW) })).toEqual(['undelivered'])
    expect(tell({ ...arrived, deliveredAt: NOW + HOUR })).toEqual(['recovered'])
    expect(marks).toHaveLength(1)
  })

  test('has a recovery of its own: the account’s neither hides it nor ends it', () => {
    const failure: Mark = { event: 'failed', key: 'dead 3', days: null, at: NOW - 5 * DAY, owed: [] }
    let marks: readonly Mark[] = [failure]
    for (const each of noticesOf(standing(handed({ failing: refused })), marks, NOW))
      marks = afterTelling(marks, each, { took: ['a'], missed: ['b'] }, NOW)
    expect(marks.map(({ event, key }) => `${event} ${key}`)).toEqual([
      'recovered no gap',
      'undelivered refused 2026-11-21T10:00:00Z',
    ])
    const arrived = standing(handed({ deliveredGeneration: 3, deliveredAt: NOW }))
    const [account, news] = noticesOf(arrived, marks, NOW)
    // The account's is still owed to the channel that missed it.
    expect([account, news]).toMatchObject([
      { key: 'no gap', only: ['b'] },
      { event: 'recovered', key: 'delivered 2026-11-22T10:00:00Z', only: null },
    ])
    marks = afterTelling(marks, news as Notice, { took: ['a'], missed: ['b'] }, NOW)
    expect(noticesOf(arrived, marks, NOW).map(({ key, only }) => [key, only])).toEqual([
      ['no gap', ['b']],
      ['delivered 2026-11-22T10:00:00Z', ['b']],
    ])
  })

  test.each([
    ['delivered 2026-11-22T10:00:00Z', 'delivery'],
    ['no gap', 'account'],
    ['gap 2026-11-21T10:00:00Z again', 'account'],
  ])('the recovery %s is of the %s', (key, kind) => {
    expect(recoveryKind({ key })).toBe(kind)
  })
})

describe('an app’s secret', () => {
  const app = (daysLeft: number): Standing => ({
    kind: 'app',
    app: 'amazon:default',
    assessment: assessSecret(NOW + (daysLeft - 180) * DAY, 180, NOW),
  })
  test.each<[number, number | null]>([
    [91, null],
    [90, 90],
    [31, 90],
    [30, 30],
    [7, 7],
    [-3, 7],
  ])('with %d days left is told as that of %s', (left, days) => {
    expect(noticesOf(app(left), [], NOW).map(each => each.days)).toEqual(days === null ? [] : [days])
  })

  test('of which nobody knows the day is not told of', () => {
    const assessment = assessSecret(null, 180, NOW)
    expect(noticesOf({ kind: 'app', app: 'amazon:default', assessment }, [], NOW)).toEqual([])
  })
})

describe('channels', () => {
  const given = ending(20)
  const [notice] = noticesOf(given, [], NOW) as [Notice]

  test('a notice that none took was told to nobody', () => {
    const marks = afterTelling([], notice, { took: [], missed: ['a', 'b'] }, NOW)
    expect(marks).toEqual([])
    expect(noticesOf(given, marks, NOW)).toMatchObject([{ only: null }])
  })

  test('what one took is owed to the others for seven days', () => {
    const marks = afterTelling([], notice, { took: ['a'], missed: ['b', 'c'] }, NOW)
    const next = (days: number) =>
      noticesOf(standing(given.header, NOW + days * DAY), marks, NOW + days * DAY)
    expect(next(1)).toMatchObject([{ days: 30, only: ['b', 'c'] }])
    const after = afterTelling(marks, next(1)[0] as Notice, { took: ['b'], missed: [] }, NOW + DAY)
    expect(noticesOf(standing(given.header, NOW + 5 * DAY), after, NOW + 5 * DAY)).toMatchObject([
      { only: ['c'] },
    ])
    expect(next(5.99)).toMatchObject([{ days: 30, only: ['b', 'c'] }])
    // The week counts from the first that took it, not from the last.
    expect(after.map(mark => mark.at)).toEqual([NOW])
    // The next threshold is for everybody; and after a week nobody is told what the others knew a week ago.
    expect(next(6)).toMatchObject([{ days: 14, only: null }])
    const due = standing({ consentAt: at('2026-08-01'), renewedAt: at('2026-08-01') })
    const marked = afterTelling([], noticesOf(due, [], NOW)[0] as Notice, { took: ['a'], missed: ['b'] }, NOW)
    expect(noticesOf(due, marked, NOW + 6.99 * DAY)).toMatchObject([{ only: ['b'] }])
    expect(noticesOf(due, marked, NOW + 7 * DAY)).toEqual([])
  })
})

describe('a clock that jumps', () => {
  test('ahead and back: what it told of days to come is told again when they come', () => {
    const given = ending(40)
    const ahead = NOW + 39.5 * DAY
    const [early] = noticesOf(standing(given.header, ahead), [], ahead)
    expect(early).toMatchObject({ event: 'ending', days: 1 })
    const marks = afterTelling([], early as Notice, { took: ['a'], missed: [] }, ahead)
    const seen: (number | null)[] = []
    let now = marks
    for (let day = 0; day < 39; day++) {
      const time = NOW + day * DAY
      for (const each of noticesOf(standing(given.header, time), now, time)) {
        seen.push(each.days)
        now = afterTelling(now, each, { took: ['a'], missed: [] }, time)
      }
    }
    expect(seen).toEqual([30, 14, 7])
  })

  test('back to 1970: what is told then is not told again when it is right', () => {
    const given = { consentAt: at('2026-08-01'), renewedAt: at('2026-11-20'), endsAt: at('2027-12-01') }
    const [notice] = noticesOf(standing(given, 0), [], 0)
    expect(notice).toMatchObject({ event: 'due' })
    const marks = afterTelling([], notice as Notice, { took: ['a'], missed: [] }, 0)
    expect(told(standing(given, HOUR), marks, HOUR)).toEqual([])
    expect(told(standing(given), marks)).toEqual([])
  })
})

/** One day of an account's life: how it stands, and which channels take anything. */
interface Day {
  readonly given: Partial<AccountHeader>
  readonly hours: number
  readonly works: readonly string[]
}

const CHANNELS = ['a', 'b'] as const
const anyDay: fc.Arbitrary<Day> = fc.record({
  hours: fc.integer({ min: 1, max: 24 * 9 }),
  works: fc.subarray([...CHANNELS]),
  given: fc.oneof(
    fc.constant({}),
    fc.record({
      refused: fc.constant({ code: 'GRANT_REJECTED', at: NOW } as const),
      generation: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({
      failing: fc.record({
        code: fc.constantFrom('NETWORK_FAILED', 'RATE_LIMITED'),
        count: fc.integer({ min: 1, max: 9 }),
        since: fc.constant(NOW),
        notBefore: fc.constant(null),
      }),
    }),
    fc.record({ renewedAt: fc.constantFrom(NOW - 200 * DAY, NOW, NOW + 5 * DAY) }),
    fc.record({ endsAt: fc.constantFrom(NOW + 10 * DAY, NOW + 40 * DAY, NOW - DAY) }),
    fc.record({
      delivery: fc
        .record({
          failing: fc.option(
            fc.record({
              code: fc.constantFrom(REFUSED, 'NETWORK_FAILED'),
              count: fc.integer({ min: 1, max: 9 }),
              since: fc.constantFrom(NOW, NOW + DAY),
              lastAt: fc.constant(NOW),
              notBefore: fc.constant(null),
            }),
          ),
          deliveredGeneration: fc.constantFrom(null, 0),
          deliveredAt: fc.constantFrom(NOW, NOW + DAY),
          tokens: fc.constantFrom(['access'] as const, ['refresh'] as const),
        })
        .map(given => delivery(given)),
    }),
    fc.record({ pendingAt: fc.constantFrom(NOW, NOW + DAY) }),
    fc.record({
      gap: fc.constantFrom({ from: NOW - 2 * DAY, to: NOW }, { from: NOW - 2 * DAY, to: NOW + DAY }),
    }),
  ),
})

test('whatever happens: no channel takes a notice twice that stands, and none that one could take is lost', () => {
  fc.assert(
    fc.property(fc.array(anyDay, { maxLength: 60 }), days => {
      let marks: readonly Mark[] = []
      let now = NOW
      const taken = new Map<string, Set<string>>()
      for (const { given, hours, works } of days) {
        now += hours * HOUR
        const base = { consentAt: NOW - 100 * DAY, renewedAt: NOW - DAY, endsAt: NOW + 300 * DAY }
        const stands = standing({ ...base, ...given }, now)
        const open = new Set(marks.map(short))
        for (const notice of noticesOf(stands, marks, now)) {
          const targets = CHANNELS.filter(name => notice.only === null || notice.only.includes(name))
          const took = targets.filter(name => works.includes(name))
          const before = taken.get(short(notice)) ?? new Set()
          // A mark that was dropped since (a recovery, another end) makes it another notice.
          const known = open.has(short(notice)) ? before : new Set<string>()
          for (const name of took) expect(known.has(name)).toBe(false)
          taken.set(short(notice), new Set([...known, ...took]))
          marks = afterTelling(
            marks,
            notice,
            { took, missed: targets.filter(name => !took.includes(name)) },
            now,
          )
        }
        // Every channel works: whatever stands was told to somebody.
        if (works.length === CHANNELS.length) expect(noticesOf(stands, marks, now)).toEqual([])
        if (works.length > 0)
          expect(noticesOf(stands, marks, now).every(({ only }) => only !== null)).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})
