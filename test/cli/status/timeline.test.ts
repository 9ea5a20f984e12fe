/** The line of a year: its months in every zone, what falls where on it, and what is drawn of an account. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accountTrack, appTrack, placeOn, timeLineAt } from '../../../src/cli/status/timeline.ts'
import { addDuration, DAY, HOUR } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, header } from '../../support/accounts.ts'
import { inUtc, setTimeZone } from '../../support/time-zone.ts'
import { app, findings, NOW } from '../render/findings.ts'

inUtc()

describe('the line', () => {
  it.each([
    ['in the middle of a month', '2026-11-22T10:00:00Z', '2026-10-01', '2027-12-01'],
    ['on the first of January', '2027-01-01T00:00:00Z', '2026-12-01', '2028-02-01'],
    ['at the end of a year', '2026-12-31T23:59:59Z', '2026-11-01', '2028-01-01'],
    ['on the 31st, with shorter months around it', '2026-03-31T12:00:00Z', '2026-02-01', '2027-04-01'],
    ['on a leap day', '2028-02-29T12:00:00Z', '2028-01-01', '2029-03-01'],
  ])('%s', (_, now, begin, end) => {
    const line = timeLineAt(at(now))
    expect(line).toMatchObject({ now: at(now), begin: at(begin), end: at(end) })
    expect(line.months).toHaveLength(14)
  })

  it('names its months with their years', () => {
    const names = timeLineAt(NOW).months.map(({ number, year }) => `${year}-${number + 1}`)
    expect(names.slice(0, 4)).toEqual(['2026-10', '2026-11', '2026-12', '2027-1'])
    expect(names.at(-1)).toBe('2027-11')
  })

  it.each([
    // The month has begun there already, and not yet there.
    ['Pacific/Auckland', '2026-10-31T12:00:00Z', '2026-09-30T11:00:00Z'],
    ['America/Los_Angeles', '2026-12-01T05:00:00Z', '2026-10-01T07:00:00Z'],
    // Summer time ends between the begin and now: the begin is an hour nearer to UTC's than now's offset says.
    ['Europe/Berlin', '2026-11-22T10:00:00Z', '2026-09-30T22:00:00Z'],
    ['Asia/Kathmandu', '2026-11-22T10:00:00Z', '2026-09-30T18:15:00Z'],
  ])('begins at midnight in %s', (zone, now, begin) => {
    setTimeZone(zone)
    expect(timeLineAt(at(now)).begin).toBe(at(begin))
  })

  it('in every zone, at any time: whole months without a gap, the last and the next year on it', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Africa/Cairo', 'Asia/Beirut', 'Pacific/Apia']
    const some = fc.date({ min: new Date('2001-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(fc.constantFrom(...zones), some, (zone, date) => {
        setTimeZone(zone)
        const now = date.getTime()
        const line = timeLineAt(now)
        const begins = [...line.months.map(month => month.begin), line.end]
        for (const [index, begin] of begins.entries()) {
          expect(new Date(begin).getDate()).toBe(1)
          if (index > 0) expect(begin - (begins[index - 1] ?? 0)).toBeGreaterThan(27 * DAY)
          if (index > 0) expect(begin - (begins[index - 1] ?? 0)).toBeLessThan(32 * DAY)
        }
        expect(placeOn(line, now).where).toBe('within')
        // But for the hour or two that a zone's offset may differ by in another year.
        expect(placeOn(line, addDuration(now, { years: 1 }) - 2 * HOUR).where).toBe('within')
        expect(placeOn(line, now - 27 * DAY).where).toBe('within')
      }),
    )
  })
})

describe('a place', () => {
  const line = timeLineAt(NOW)

  it.each([
    ['the begin', line.begin, { where: 'within', at: 0 }],
    ['just before', line.begin - 1, { where: 'before', at: 0 }],
    ['the middle', (line.begin + line.end) / 2, { where: 'within', at: 0.5 }],
    ['the end', line.end, { where: 'after', at: 1 }],
    ['long ago', Number.NEGATIVE_INFINITY, { where: 'before', at: 0 }],
  ])('%s', (_, point, place) => {
    expect(placeOn(line, point)).toEqual(place)
  })

  it('is the later the later it is', () => {
    const point = fc.integer({ min: line.begin - 1e10, max: line.end + 1e10 })
    fc.assert(
      fc.property(point, point, (a, b) => {
        if (a <= b) expect(placeOn(line, a).at).toBeLessThanOrEqual(placeOn(line, b).at)
        expect(placeOn(line, a).at).toBeGreaterThanOrEqual(0)
        expect(placeOn(line, a).at).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('what is drawn of an account', () => {
  const trackOf = (given: Partial<AccountHeader>) => {
    const [account] = findings([header(given)]).accounts
    return account === undefined ? expect.unreachable('no account') : accountTrack(account, NOW)
  }

  it('both clocks, and until when nothing has to be done', () => {
    expect(trackOf({ consentAt: at('2026-11-01'), endsAt: at('2028-05-01') })).toEqual({
      name: 'ebay:main',
      state: 'ok',
      life: { from: at('2026-11-01'), to: at('2028-05-01') },
      quiet: { from: NOW, to: at('2027-02-01') },
      renewBy: at('2027-02-01'),
      end: at('2028-05-01'),
      isEstimated: false,
    })
  })

  it.each<[what: string, given: Partial<AccountHeader>, drawn: object]>([
    [
      'an estimated end',
      { consentAt: at('2026-11-01') },
      { end: at('2027-11-01'), isEstimated: true, state: 'ok' },
    ],
    ['what is due has no quiet time', { consentAt: at('2026-08-01') }, { state: 'due', quiet: null }],
    [
      'nor has what expires, though Renew by lies ahead',
      { consentAt: at('2025-06-01'), endsAt: at('2026-12-10'), renewedAt: at('2026-11-01') },
      { state: 'expiring', quiet: null, renewBy: at('2026-11-26') },
    ],
    [
      'a refused token is dead from then on',
      {
        consentAt: at('2026-11-01'),
        endsAt: at('2028-01-01'),
        refused: { code: 'GRANT_REJECTED', at: at('2026-11-20') },
      },
      { life: { from: at('2026-11-01'), to: at('2026-11-20') }, quiet: null, end: at('2028-01-01') },
    ],
    [
      'one past its estimated end lives, as far as is known',
      { consentAt: at('2025-10-01'), acceptedAt: at('2026-11-20'), renewedAt: at('2026-11-20') },
      { state: 'expiring', life: { from: at('2025-10-01'), to: NOW }, end: at('2026-10-01') },
    ],
    [
      'no day of consent',
      { renewedAt: null, endsAt: at('2027-11-01') },
      { life: { from: Number.NEGATIVE_INFINITY, to: at('2027-11-01') }, renewBy: null },
    ],
    ['no end', { renewedAt: at('2026-11-20') }, { life: null, end: null, renewBy: at('2027-02-20') }],
    ['nothing', {}, { life: null, quiet: null, renewBy: null, end: null }],
    [
      'a consent after its end, an importer’s slip',
      { consentAt: at('2026-11-10'), endsAt: at('2026-11-05') },
      { life: null, end: at('2026-11-05') },
    ],
  ])('%s', (_, given, drawn) => {
    expect(trackOf(given)).toMatchObject(drawn)
  })

  it('an app by its secret, where that has an end', () => {
    const { apps } = findings([], {
      appHeaders: [app('amazon', '2026-06-15'), app('amazon', null, 'second'), app('ebay', '2026-06-15')],
    })
    expect(apps.map(appTrack)).toEqual([
      {
        name: 'amazon app default',
        state: 'expiring',
        life: { from: at('2026-06-15'), to: at('2026-12-12') },
        quiet: null,
        renewBy: null,
        end: at('2026-12-12'),
        isEstimated: false,
      },
      undefined,
      undefined,
    ])
  })
})
