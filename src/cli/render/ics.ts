/**
 * A calendar file (RFC 5545): one all-day entry for each thing that has to be done, with alarms before it. Events and
 * not to-dos, since the calendars that people subscribe with (Google's, Outlook's, a phone's) leave to-dos out. Knows
 * nothing of accounts: `ics-entries.ts` says what the entries are.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5545 and RFC 7986 (NAME, REFRESH-INTERVAL)
 */
import { type EpochMs, MINUTE } from '../../tokens/time.ts'
import { safeText } from './safe-text.ts'

/** One entry of the calendar. Texts may hold anything; they are made harmless here. */
export interface CalendarEntry {
  /** The same for the same thing at every export, so that a calendar replaces what it has; ASCII. */
  readonly uid: string
  /** `2026-11-22`: an all-day entry has no time zone. */
  readonly day: string
  readonly summary: string
  readonly description: string
  /** When what it tells last changed; null where nobody knows. */
  readonly changedAt: EpochMs | null
  /** Days before the day, each an alarm; 0 is the day itself. */
  readonly alarms: readonly number[]
}

/** The whole file. */
export function renderIcs(entries: readonly CalendarEntry[], now: EpochMs): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//tokenctl//status//EN',
    'CALSCALE:GREGORIAN',
    // A calendar must hold a component (RFC 5545 section 3.4), and PUBLISH an event (RFC 5546 section 3.2.1).
    ...(entries.length === 0 ? [] : ['METHOD:PUBLISH']),
    'NAME:tokenctl',
    'X-WR-CALNAME:tokenctl',
    'REFRESH-INTERVAL;VALUE=DURATION:P1D',
    'X-PUBLISHED-TTL:P1D',
    ...(entries.length === 0 ? EMPTY : entries.flatMap(entry => event(entry, now))),
    'END:VCALENDAR',
  ]
  return lines.map(line => `${folded(line)}\r\n`).join('')
}

/** The one component that shows nothing. */
const EMPTY = [
  'BEGIN:VTIMEZONE',
  'TZID:Etc/UTC',
  'BEGIN:STANDARD',
  'DTSTART:19700101T000000',
  'TZOFFSETFROM:+0000',
  'TZOFFSETTO:+0000',
  'END:STANDARD',
  'END:VTIMEZONE',
]

function event({ uid, day, summary, description, changedAt, alarms }: CalendarEntry, now: EpochMs): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    `DTSTAMP:${utc(now)}`,
    // A number that grows with each change and needs no memory of the last export: minutes, which stay below 2^31.
    ...(changedAt === null
      ? ['SEQUENCE:0']
      : [`LAST-MODIFIED:${utc(changedAt)}`, `SEQUENCE:${Math.max(0, Math.floor(changedAt / MINUTE))}`]),
    // Without an end it lasts that one day (section 3.6.1).
    `DTSTART;VALUE=DATE:${day.replaceAll('-', '')}`,
    `SUMMARY:${escaped(summary)}`,
    `DESCRIPTION:${escaped(description)}`,
    'CATEGORIES:tokenctl',
    // It takes nobody's time: the day stays free for appointments.
    'TRANSP:TRANSPARENT',
    ...alarms.flatMap(days => alarm(days, summary)),
    'END:VEVENT',
  ]
}

function alarm(days: number, summary: string): string[] {
  return [
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    `DESCRIPTION:${escaped(summary)}`,
    `TRIGGER:${nineOClock(days)}`,
    'END:VALARM',
  ]
}

/** Nine in the morning, that many days before: an all-day entry begins at midnight, when nobody wants to be told. */
function nineOClock(daysBefore: number): string {
  if (daysBefore === 0) return 'PT9H'
  return daysBefore === 1 ? '-PT15H' : `-P${daysBefore - 1}DT15H`
}

/** `20261122T100000Z` */
function utc(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** A text value (section 3.3.11). What would harm a screen is a number by then. */
function escaped(text: string): string {
  return safeText(text)
    .replace(/[\\;,]/g, '\\$&')
    .replaceAll('\n', '\\n')
}

/** The most octets in a line, its end not counted (section 3.1). */
const LONGEST_LINE = 75

/** The line with breaks where it is too long, none of them inside a character. */
function folded(line: string): string {
  const parts: string[] = []
  let part = ''
  let octets = 0
  for (const character of line) {
    const size = Buffer.byteLength(character)
    if (octets + size > LONGEST_LINE) {
      parts.push(part)
      // The space that marks the next line as this one's continuation counts too.
      part = ' '
      octets = 1
    }
    part += character
    octets += size
  }
  return [...parts, part].join('\r\n')
}
