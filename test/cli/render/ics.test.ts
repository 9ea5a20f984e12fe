/** The calendar's text: lines, folds, escapes and times, read back by a strict reader. What the entries are is another test. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CalendarEntry, renderIcs } from '../../../src/cli/render/ics.ts'
import { type Component, parseCalendar } from '../../support/calendar.ts'
import { NOW } from './findings.ts'

const entry = (given: Partial<CalendarEntry> = {}): CalendarEntry => ({
  uid: 'abc@tokenctl',
  day: '2026-12-10',
  summary: 'Renew eBay main: tokenctl login ebay:main',
  description: 'ebay:main is ok.',
  changedAt: Date.UTC(2026, 10, 20, 8, 0, 30),
  alarms: [30, 14, 7, 1],
  ...given,
})

const only = (given: Partial<CalendarEntry> = {}): Component => {
  const [event, ...more] = parseCalendar(renderIcs([entry(given)], NOW)).components
  expect(more).toEqual([])
  if (event === undefined) return expect.unreachable('no event')
  return event
}
const value = (component: Component, name: string) => component.properties.get(name)?.value

it('one entry, to the letter', () => {
  expect(renderIcs([entry({ alarms: [1] })], NOW).split('\r\n')).toEqual([
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//tokenctl//status//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    'NAME:tokenctl',
    'X-WR-CALNAME:tokenctl',
    'REFRESH-INTERVAL;VALUE=DURATION:P1D',
    'X-PUBLISHED-TTL:P1D',
    'BEGIN:VEVENT',
    'UID:abc@tokenctl',
    'DTSTAMP:20261122T100000Z',
    'LAST-MODIFIED:20261120T080030Z',
    'SEQUENCE:29919360',
    'DTSTART;VALUE=DATE:20261210',
    'SUMMARY:Renew eBay main: tokenctl login ebay:main',
    'DESCRIPTION:ebay:main is ok.',
    'CATEGORIES:tokenctl',
    'TRANSP:TRANSPARENT',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'DESCRIPTION:Renew eBay main: tokenctl login ebay:main',
    'TRIGGER:-PT15H',
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ])
})

it('without an entry it is a calendar all the same', () => {
  const calendar = parseCalendar(renderIcs([], NOW))
  expect(calendar.components.map(each => each.name)).toEqual(['VTIMEZONE'])
  expect(calendar.properties.has('METHOD')).toBe(false)
})

it('alarms ring at nine in the morning, that many days before', () => {
  const triggers = only({ alarms: [30, 14, 7, 1, 0] }).components.map(each => value(each, 'TRIGGER'))
  expect(triggers).toEqual(['-P29DT15H', '-P13DT15H', '-P6DT15H', '-PT15H', 'PT9H'])
})

it('a change that nobody knows the day of', () => {
  const event = only({ changedAt: null })
  expect(value(event, 'SEQUENCE')).toBe('0')
  expect(event.properties.has('LAST-MODIFIED')).toBe(false)
})

it('the number of the last possible change fits into an integer', () => {
  expect(Number(value(only({ changedAt: Date.UTC(5000, 0) }), 'SEQUENCE'))).toBeGreaterThan(29_919_360)
  expect(value(only({ changedAt: -1 }), 'SEQUENCE')).toBe('0')
})

describe('texts', () => {
  it.each([
    ['commas, semicolons and backslashes', 'a,b;c\\d', 'a,b;c\\d'],
    ['newlines', 'one\ntwo', 'one\ntwo'],
    ['a newline as it is escaped', 'a\\nb', 'a\\nb'],
    ['a line that ends its component', 'x\r\nEND:VEVENT', 'x\\u000d\nEND:VEVENT'],
    ['turning marks', '\u202eshop', '\\u202eshop'],
    ['half a character', 'a\ud800', 'a\\ud800'],
    ['what people write', 'Läden „Zürich“ 🛒️', 'Läden „Zürich“ 🛒️'],
  ])('%s', (_, given, meant) => {
    expect(value(only({ description: given }), 'DESCRIPTION')).toBe(meant)
  })

  it('whatever they hold, the file can be read and they come back', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 })
    fc.assert(
      fc.property(text, text, (summary, description) => {
        const event = only({ summary, description })
        const harmless = (each: string) => /^[\n\x20-\x7e]*$/.test(each)
        if (harmless(summary)) expect(value(event, 'SUMMARY')).toBe(summary)
        if (harmless(description)) expect(value(event, 'DESCRIPTION')).toBe(description)
        expect(event.components[0]?.properties.get('DESCRIPTION')).toEqual(event.properties.get('SUMMARY'))
      }),
    )
  })

  it('lines are folded at 75 octets and never inside a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '€', '🛒'), maxLength: 400 }), summary => {
        const lines = renderIcs([entry({ summary, alarms: [] })], NOW).split('\r\n')
        for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
        const at = lines.findIndex(line => line.startsWith('SUMMARY:'))
        const end = lines.findIndex((line, index) => index > at && !line.startsWith(' '))
        // None is broken before it has to be: the next character would not have had room.
        for (const [index, line] of lines.slice(at, end - 1).entries()) {
          const next = [...(lines[at + index + 1] ?? '').slice(1)][0] ?? ''
          expect(Buffer.byteLength(line + next)).toBeGreaterThan(75)
        }
        expect(value(only({ summary }), 'SUMMARY')).toBe(summary)
      }),
    )
  })
})

describe('the strict reader', () => {
  const good = renderIcs([entry()], NOW)
  const without = (line: string) => good.replace(`${line}\r\n`, '')
  it.each([
    ['half an end of a line', good.replace('\r\nVERSION', '\nVERSION')],
    ['no end', good.slice(0, -2)],
    ['a line of 76 octets', good.replace('PRODID:', `PRODID:${'x'.repeat(76)}`)],
    ['a component without its end', without('END:VALARM')],
    ['no UID', without('UID:abc@tokenctl')],
    ['no DTSTAMP', without('DTSTAMP:20261122T100000Z')],
    ['no VERSION', without('VERSION:2.0')],
    ['a property twice', good.replace('UID:', 'UID:other\r\nUID:')],
    ['one that belongs elsewhere', good.replace('TRANSP:TRANSPARENT', 'TRIGGER:PT9H')],
    ['a UID twice', renderIcs([entry(), entry()], NOW)],
    ['a comma', good.replace('is ok.', 'is, ok.')],
    ['a backslash', good.replace('is ok.', 'is \\ok.')],
    ['a day that is none', good.replace('20261210', '20260230')],
    ['a length that is none', good.replace('-PT15H', '-P15H')],
    ['no component', good.replace(/BEGIN:VEVENT.*END:VEVENT\r\n/s, '')],
  ])('refuses %s', (_, text) => {
    expect(parseCalendar(good).components).toHaveLength(1)
    expect(text).not.toBe(good)
    expect(() => parseCalendar(text)).toThrow()
  })
})
