/** The calendar, read by a reader that is not ours: the events, their days, their texts, their alarms, their identities. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CalendarEntry, renderIcs } from '../../../src/cli/render/ics.ts'
import { calendarEntries } from '../../../src/cli/render/ics-entries.ts'
import { readByIcalendar } from '../../support/icalendar.ts'
import { pythonWith } from '../../support/needed-program.ts'
import { app, EVERY_STATE, findings, horizon, NOW, rules } from './findings.ts'

const DAY_S = 86_400
const NINE_S = 9 * 3600

/** What the reader must make of an entry whose texts are harmless. */
const meant = ({ uid, day, summary, description, changedAt, alarms }: CalendarEntry) => ({
  uid,
  day,
  summary,
  description,
  sequence: changedAt === null ? 0 : Math.floor(changedAt / 60_000),
  alarms: alarms.map(days => [NINE_S - days * DAY_S, summary]),
})

const python = pythonWith('icalendar')
const read = (text: string) => readByIcalendar(python ?? '', text)

describe.skipIf(python === undefined)("by Python's icalendar", () => {
  it('every state, app and unreadable record is an event of its own, whole', () => {
    const found = findings(EVERY_STATE, {
      appHeaders: [app('amazon', '2026-08-01'), app('amazon', '2026-05-01', 'old')],
      unreadable: 2,
    })
    const { policyOf } = horizon()
    const entries = calendarEntries(found, {
      policyOf,
      adapterOf: rules.adapterOf,
      vaultId: '0123456789abcdef',
    })
    const { method, events, errors } = read(renderIcs(entries, NOW))
    expect({ method, errors }).toEqual({ method: 'PUBLISH', errors: [] })
    expect(events).toEqual(entries.map(meant))
    expect(new Set(events.map(({ uid }) => uid)).size).toBe(entries.length)
    expect(entries.flatMap(({ alarms }) => alarms)).toContain(30)
  })

  it('whatever the texts hold, they come back, however long', () => {
    // A backslash stands alone and before no n: of two, or of one that an n follows, this reader makes something else than
    // section 3.3.11 says. (Our own reader's test has those.) As here it stands where a harmful sign is shown.
    const part = fc.constantFrom(
      'a',
      ',',
      ';',
      '\\u202e',
      '\n',
      ':',
      '"',
      ' ',
      'é',
      '€',
      '🛒',
      'END:VEVENT\n',
    )
    const text = fc.array(part, { minLength: 1, maxLength: 120 }).map(parts => `x${parts.join('')}x`)
    const samples = fc.sample(fc.tuple(text, text), { numRuns: 200, seed: 5 })
    const entries = samples.map(
      ([summary, description], index): CalendarEntry => ({
        uid: `${index}@tokenctl`,
        day: '2026-12-10',
        summary,
        description,
        changedAt: null,
        alarms: [30, 14, 7, 1, 0],
      }),
    )
    const { events, errors } = read(renderIcs(entries, NOW))
    expect(errors).toEqual([])
    expect(events).toEqual(entries.map(meant))
  })

  it('without an entry it is a calendar all the same', () => {
    expect(read(renderIcs([], NOW))).toEqual({ method: null, events: [], errors: [] })
  })

  it('it can say no', () => {
    const good = renderIcs([], NOW)
    expect(() => read(good.replace('END:VTIMEZONE\r\n', ''))).toThrow()
  })
})
