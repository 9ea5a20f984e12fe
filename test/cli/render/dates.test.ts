/** Dates as people read them, in the machine's zone; and colours, which never carry meaning alone. */
import { lightFormat } from 'date-fns/lightFormat'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { painter } from '../../../src/cli/render/colour.ts'
import { showDay, showEndOfWait, showTime } from '../../../src/cli/render/dates.ts'
import { ACCOUNT_STATES } from '../../../src/renewal/assess.ts'

const zone = process.env['TZ']
afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

describe('dates', () => {
  it.each([
    ['UTC', Date.UTC(2026, 10, 22, 23, 30), '2026-11-22 23:30'],
    ['Europe/Berlin', Date.UTC(2026, 10, 22, 23, 30), '2026-11-23 00:30'],
    ['America/Los_Angeles', Date.UTC(2026, 10, 23, 2, 0), '2026-11-22 18:00'],
    // The hour that summer time leaves out and the hour that it repeats.
    ['Europe/Berlin', Date.UTC(2026, 2, 29, 1, 0), '2026-03-29 03:00'],
    ['Europe/Berlin', Date.UTC(2026, 9, 25, 1, 0), '2026-10-25 02:00'],
    ['Asia/Kathmandu', Date.UTC(2024, 1, 28, 18, 15), '2024-02-29 00:00'],
  ])('in %s', (tz, at, shown) => {
    process.env['TZ'] = tz
    expect(showTime(at)).toBe(shown)
    expect(showDay(at)).toBe(shown.slice(0, 10))
  })
})

it.each([
  ['17 s past a minute', 17_000, '2026-11-22 10:01'],
  ['on the minute', 0, '2026-11-22 10:00'],
])('the end of a wait, %s, never looks past', (_, ms, shown) => {
  process.env['TZ'] = 'UTC'
  expect(showEndOfWait(Date.UTC(2026, 10, 22, 10) + ms)).toBe(shown)
})

describe('painter', () => {
  it('changes nothing where there are no colours', async () => {
    const paint = await painter(false)
    for (const state of ACCOUNT_STATES) expect(paint(state, state)).toBe(state)
  })

  it('keeps the word of every state', async () => {
    const paint = await painter(true)
    for (const state of ACCOUNT_STATES) {
      expect(paint(state, state)).toContain(state)
      expect(paint(state, state)).not.toBe(state)
    }
  })
})

it.each(['UTC', 'America/New_York', 'Pacific/Kiritimati'])(
  'a day in %s is the library’s, in any year',
  tz => {
    process.env['TZ'] = tz
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(-200, 0, 1), max: Date.UTC(12_000, 0, 1) }), day => {
        expect(showDay(day)).toBe(lightFormat(day, 'yyyy-MM-dd'))
      }),
      { numRuns: 300 },
    )
  },
)
