/** What stands in the calendar: who has to act by which day, in which zone, with which alarms. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { renderIcs } from '../../../src/cli/render/ics.ts'
import { calendarEntries } from '../../../src/cli/render/ics-entries.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, header } from '../../support/accounts.ts'
import { parseCalendar } from '../../support/calendar.ts'
import { app, EVERY_STATE, findings, horizon, NOW, rules } from './findings.ts'

const zone = process.env['TZ']
beforeEach(() => {
  process.env['TZ'] = 'UTC'
})
afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

const RULES = {
  policyOf: horizon().policyOf,
  adapterOf: rules.adapterOf,
  vaultId: '0123456789abcdef',
}
const entries = (headers: readonly AccountHeader[], more: Parameters<typeof findings>[1] = {}) =>
  calendarEntries(findings(headers, more), RULES)
const one = (given: Partial<AccountHeader>, more: Parameters<typeof findings>[1] = {}) => {
  const all = entries([header(given)], more)
  expect(all.length).toBeLessThanOrEqual(1)
  return all[0]
}

it('every state, app and unreadable record: as it was, and by the grammar', async () => {
  const found = findings(EVERY_STATE, {
    appHeaders: [app('amazon', '2026-08-01'), app('ebay', null), app('amazon', '2026-05-01', 'old')],
    unreadable: 2,
  })
  const text = renderIcs(calendarEntries(found, RULES), NOW)
  expect(parseCalendar(text).components).toHaveLength(EVERY_STATE.length - 1 + 3)
  await expect(text.replaceAll('\r\n', '\n')).toMatchFileSnapshot('goldens/status.ics')
})

describe('the day by which a person must act', () => {
  it.each<[string, Partial<AccountHeader>, day: string | undefined, alarms: number[]]>([
    // Ended 2027-12-01, less the 14 days of lead: a program does all before that.
    [
      'a refreshed shop: the lead time before its end',
      { consentAt: at('2026-06-01'), endsAt: at('2027-12-01'), renewedAt: at('2026-11-20') },
      '2027-11-17',
      [30, 14, 7, 1],
    ],
    // Of a life of 60 days the lead is an eighth.
    [
      'a short consent',
      {
        account: 'aliexpress:a',
        consentAt: at('2026-11-01'),
        endsAt: at('2026-12-31'),
        renewedAt: at('2026-11-20'),
      },
      '2026-12-23',
      [30, 14, 7, 1],
    ],
    [
      'one whose end is estimated',
      { consentAt: at('2026-11-01'), renewedAt: at('2026-11-01') },
      '2027-10-18',
      [30, 14, 7, 1],
    ],
    ['one whose end nobody knows: none', { renewedAt: at('2026-11-20') }, undefined, []],
    ['Amazon: Renew by', { account: 'amazon:a', consentAt: at('2026-10-01') }, '2027-01-01', [30, 14, 7, 1]],
    [
      'a tracked shop: Renew by',
      { holdsToken: false, app: null, consentAt: at('2026-09-20') },
      '2026-12-20',
      [14, 7, 1],
    ],
    [
      'expiring, and the lead time still ahead',
      { consentAt: at('2025-06-01'), endsAt: at('2026-12-10'), renewedAt: at('2026-11-01') },
      '2026-11-26',
      [1],
    ],
    [
      'expiring, inside the lead time: today',
      { consentAt: at('2025-06-01'), endsAt: at('2026-12-01'), renewedAt: at('2026-11-01') },
      '2026-11-22',
      [0],
    ],
    ['ended: today', { consentAt: at('2025-06-01'), endsAt: at('2026-11-01') }, '2026-11-22', [0]],
    [
      'refused: today',
      { consentAt: at('2026-11-01'), refused: { code: 'GRANT_REJECTED', at: at('2026-11-21') } },
      '2026-11-22',
      [0],
    ],
    [
      'Amazon past its window: today',
      { account: 'amazon:a', consentAt: at('2026-08-01') },
      '2026-11-22',
      [0],
    ],
    [
      'due, and nobody renewed it: today, without an alarm',
      { consentAt: at('2026-08-01') },
      '2026-11-22',
      [],
    ],
    [
      'an answer that is awaited: the same',
      { consentAt: at('2026-11-01'), presentedAt: NOW - 1 },
      '2026-11-22',
      [],
    ],
    ['nothing known: the same', {}, '2026-11-22', []],
    ['nothing known of a tracked shop: today', { holdsToken: false, app: null }, '2026-11-22', [0]],
  ])('%s', (_, given, day, alarms) => {
    const found = one(given)
    expect(found?.day).toBe(day)
    expect(found?.alarms ?? []).toEqual(alarms)
  })

  it.each<[string, zone: string, now: string, consentAt: string, day: string, alarms: number[]]>([
    ['29 Nov + 3 months before a leap day', 'UTC', '2028-01-01', '2027-11-29', '2028-02-29', [30, 14, 7, 1]],
    ['30 Nov + 3 months without one', 'UTC', '2027-01-01', '2026-11-30', '2027-02-28', [30, 14, 7, 1]],
    // Midnight in UTC is the evening before in California, and the table of `status` shows that day too.
    ['behind UTC', 'America/Los_Angeles', '2026-11-22', '2026-09-20', '2026-12-19', [14, 7, 1]],
    ['ahead of UTC', 'Pacific/Auckland', '2026-11-22', '2026-09-20T12:00:00Z', '2026-12-21', [14, 7, 1]],
    // Between the two days lies the night of 25 hours, then that of 23.
    ['into winter time', 'Europe/Berlin', '2026-10-24T22:30:00Z', '2026-07-24T23:30:00Z', '2026-10-25', [0]],
    ['a day over it', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-07-25T00:30:00Z', '2026-10-25', [1]],
    [
      'a day into summer time',
      'Europe/Berlin',
      '2026-03-28T22:30:00Z',
      '2025-12-28T23:15:00Z',
      '2026-03-29',
      [1],
    ],
  ])('%s', (_, tz, now, consentAt, day, alarms) => {
    process.env['TZ'] = tz
    const found = one({ account: 'amazon:a', consentAt: at(consentAt) }, { now: at(now) })
    expect({ day: found?.day, alarms: found?.alarms }).toEqual({ day, alarms })
  })
})

describe('what an entry says', () => {
  it('what to do and what to type, and the dates behind it', () => {
    expect(
      one({ consentAt: at('2026-06-01'), renewedAt: at('2026-11-20'), seller: 'shop-4711' }),
    ).toMatchObject({
      summary: 'Renew eBay main: tokenctl login ebay:main',
      description: [
        'ebay:main is ok: a program renews it, until its consent ends.',
        'Its consent ends 2027-06-01 (estimated).',
        'Seller: shop-4711',
        'Type: tokenctl login ebay:main',
      ].join('\n'),
    })
  })

  it.each<[Partial<AccountHeader>, RegExp]>([
    [{ account: 'amazon:eu', consentAt: at('2026-10-01') }, /^Renew Amazon eu: tokenctl set-amazon eu$/],
    [{ holdsToken: false, consentAt: at('2026-10-01') }, /: tokenctl renew ebay:main$/],
    [{ consentAt: at('2026-08-01') }, /: tokenctl renew ebay:main$/],
    [{ consentAt: at('2025-08-01'), endsAt: at('2026-11-01') }, /: tokenctl login ebay:main$/],
  ])('%j', (given, summary) => {
    expect(one(given)?.summary).toMatch(summary)
  })

  it('an app whose secret ends: from the day on that a check counts it', () => {
    const [ahead, over] = entries([], {
      appHeaders: [app('amazon', '2026-08-01'), app('amazon', '2026-05-01', 'old')],
    })
    expect(ahead).toMatchObject({ day: '2026-12-29', alarms: [30, 14, 7, 1] })
    expect(ahead?.summary).toBe('New secret for the Amazon app default: tokenctl app rotate amazon')
    expect(over).toMatchObject({ day: '2026-11-22', alarms: [0] })
    expect(over?.description).toContain('tokenctl app rotate amazon old')
  })

  it('records that cannot be read have no day, and so today', () => {
    expect(entries([], { unreadable: 1 })[0]).toMatchObject({
      day: '2026-11-22',
      summary: 'tokenctl cannot read 1 record: tokenctl status --verify',
    })
  })
})

describe('the same entry again', () => {
  const given = { account: 'ebay:main', consentAt: at('2026-06-01'), renewedAt: at('2026-09-01') }

  it('has the same UID whatever changed, another for another account, app or vault', () => {
    const before = one(given)
    const after = one({ ...given, renewedAt: at('2026-11-20'), generation: 9 })
    expect(after?.uid).toBe(before?.uid)
    expect(before?.uid).toMatch(/^[0-9a-f]{32}@tokenctl$/)
    const elsewhere = calendarEntries(findings([header(given)]), { ...RULES, vaultId: 'f'.repeat(16) })
    const uids = [
      before?.uid,
      elsewhere[0]?.uid,
      one({ ...given, account: 'ebay:two' })?.uid,
      ...entries([], { appHeaders: [app('ebay', null), app('amazon', '2026-08-01')], unreadable: 1 }).map(
        each => each.uid,
      ),
    ]
    expect(new Set(uids).size).toBe(uids.length)
  })

  it('changed when the record did, and daily while it is overdue', () => {
    expect(one({ ...given, renewedAt: at('2026-11-20T08:00:00Z') })?.changedAt).toBe(
      at('2026-11-20T08:00:00Z'),
    )
    expect(one(given, { now: at('2026-12-02T05:00:00Z') })?.changedAt).toBe(at('2026-12-02'))
    expect(one({})?.changedAt).toBe(at('2026-11-22'))
  })

  it('never changed after the file was made, whatever a wrong clock wrote or the zone is', () => {
    process.env['TZ'] = 'Pacific/Auckland'
    const now = at('2026-12-01T12:00:00Z')
    expect(one(given, { now })?.changedAt).toBe(now)
    const ahead = one({ ...given, renewedAt: at('2027-06-01') })
    expect(ahead?.changedAt).toBe(NOW)
  })
})

it('the order is that of the names, whatever the states', () => {
  const sorted = entries(EVERY_STATE).map(each => each.description.split(' ')[0])
  expect(sorted).toEqual([...sorted].sort())
})
