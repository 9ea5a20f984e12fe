/**
 * Points and lengths of time. Dates, windows and states are calendar facts: every function here is pure and takes
 * what it needs, so its tests are tables. Arithmetic is in UTC; only `cli/render` turns a point into local time.
 */
// The small one: the whole UTCDate makes formatters of Intl when it is imported, half of `node -e 0` at every start.
import { UTCDateMini } from '@date-fns/utc/date/mini'
import { add } from 'date-fns/add'
import { TokenctlError } from '../errors.ts'
import { quoteTyped } from './quote.ts'

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number

export const SECOND: EpochMs = 1000
export const MINUTE: EpochMs = 60 * SECOND
export const HOUR: EpochMs = 60 * MINUTE
export const DAY: EpochMs = 24 * HOUR

/** A calendar length: months and years keep the day of the month where there is one (31 Jan + 1 month = 28 Feb). */
export type Duration = {
  readonly [unit in 'years' | 'months' | 'weeks' | 'days' | 'hours' | 'minutes']?: number
}

const UNITS: readonly (readonly [keyof Duration, words: string])[] = [
  ['years', 'y year years'],
  ['months', 'mo month months'],
  ['weeks', 'w week weeks'],
  ['days', 'd day days'],
  ['hours', 'h hour hours'],
  ['minutes', 'm min minute minutes'],
]

/**
 * Reads `3 months`, `90d`, `12h`, `1 year`. One number, one unit.
 *
 * @returns undefined when the text is no length, or is longer than 100 years.
 */
export function parseDuration(text: string): Duration | undefined {
  const match = /^(\d{1,5}) ?([a-z]{1,7})$/.exec(text.trim().toLowerCase())
  const unit = UNITS.find(([, words]) => words.split(' ').includes(match?.[2] ?? ''))?.[0]
  if (match?.[1] === undefined || unit === undefined) return undefined
  const duration: Duration = { [unit]: Number(match[1]) }
  return addDuration(0, duration) > 100 * 366 * DAY ? undefined : duration
}

/** A length as a person writes it, such as `6 months` or `1 year`; what `parseDuration` reads. */
export function formatDuration(duration: Duration): string {
  return UNITS.flatMap(([unit]) => {
    const count = duration[unit]
    return count === undefined ? [] : [`${count} ${count === 1 ? unit.slice(0, -1) : unit}`]
  }).join(' ')
}

/** The point one length later, in the UTC calendar: 31 Jan + 3 months = 30 Apr. */
export function addDuration(at: EpochMs, duration: Duration): EpochMs {
  const { years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0 } = duration
  const rest = (weeks * 7 + days) * DAY + hours * HOUR + minutes * MINUTE
  const date = new Date(at)
  // In UTC every day has 24 hours.
  if (years === 0 && months === 0) return new Date(date.getTime() + rest).getTime()
  const day = date.getUTCDate()
  date.setUTCMonth(date.getUTCMonth() + years * 12 + months)
  // A day that the month does not have: what that means is the library's to say. It takes five times as long, and the
  // states of 100,000 accounts are half a million such sums.
  if (date.getUTCDate() !== day) return add(new UTCDateMini(at), duration).getTime()
  return new Date(date.getTime() + rest).getTime()
}

/** How long a calendar length lasts when it begins at `from`. */
export function durationMs(duration: Duration, from: EpochMs): number {
  return addDuration(from, duration) - from
}

// RFC 3339 with its zone, or a plain date, which means that day's begin in UTC. Hours end at 23 (RFC 3339 section
// 5.6): Date.parse would take 24:00 for the next day.
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt ]([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/

/**
 * Reads `2026-08-01` (that day's begin in UTC) or an RFC 3339 date-time with its zone.
 *
 * @returns undefined when the text is no date, or names a day that does not exist (2026-02-30).
 */
export function parseDate(text: string): EpochMs | undefined {
  // What this program writes itself is nearly every date, and is read in a third of the time.
  const own = text.length === 20 || text.length === 24 ? parseOwn(text) : undefined
  if (own !== undefined) return own
  const trimmed = text.trim()
  if (!DATE.test(trimmed) && !DATE_TIME.test(trimmed)) return undefined
  const day = trimmed.slice(0, 10)
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // Date.parse takes 30 Feb for 2 Mar; a date that does not come back as it went in is none.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined
  const at = DATE.test(trimmed) ? midnight : Date.parse(trimmed.toUpperCase().replace(' ', 'T'))
  return Number.isNaN(at) ? undefined : at
}

/** A date as `toIso` writes it; undefined where that is not certain. */
function parseOwn(text: string): EpochMs | undefined {
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)]
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)]
  const fraction = text.length === 24 ? digits(text, 20, 23) : 0
  const signs = text[4] === '-' && text[7] === '-' && text[10] === 'T' && text[13] === ':' && text[16] === ':'
  if (!signs || text.at(-1) !== 'Z' || (text.length === 24 && text[19] !== '.')) return undefined
  // Years before 100 are others to Date.UTC, and the last days of a month may not be there.
  const isThere = day >= 1 && (day <= 28 || (day <= 30 && month !== 2))
  if (!(year >= 1000 && month >= 1 && month <= 12 && isThere)) return undefined
  if (!(hour <= 23 && minute <= 59 && second <= 59 && fraction >= 0)) return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second, fraction)
}

/** The number that a part of a text is; NaN where not all of it is digits. */
function digits(text: string, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48
    number = digit >= 0 && digit <= 9 ? number * 10 + digit : Number.NaN
  }
  return number
}

/**
 * A date that was typed or imported.
 *
 * @throws {USAGE} when it is none; the message names `what`.
 */
export function requireDate(text: string, what: string): EpochMs {
  const at = parseDate(text)
  if (at !== undefined) return at
  throw new TokenctlError('USAGE', `${what}: ${quoteTyped(text)} is not a date.`, {
    fix: 'Write it as 2026-08-01, or with a time and zone as 2026-08-01T09:30:00Z.',
  })
}

/**
 * A day that has been, typed or imported. A person's own day may run ahead of UTC by half a day and more; a date more
 * than a day ahead is a slip of the pen that would hide an end for a year.
 *
 * @throws {USAGE} when it is no date, or lies more than a day after `now`; the message names `what`.
 */
export function requirePastDate(text: string, what: string, now: EpochMs): EpochMs {
  const at = requireDate(text, what)
  if (at <= now + DAY) return at
  throw new TokenctlError('USAGE', `${what}: ${text.trim()} lies in the future.`, {
    fix: 'Give the day on which it was done.',
  })
}

/** ISO 8601 in UTC without fractions where there are none: `2026-11-22T10:00:00Z`. */
export function toIso(at: EpochMs): string {
  const date = new Date(at)
  const year = date.getUTCFullYear()
  // Nearly every date is of such a year, and a listing of many accounts is made of dates: this takes a third of the time.
  if (!(year >= 1000 && year <= 9999)) return date.toISOString().replace('.000Z', 'Z')
  const day = `${year}-${twoDigits(date.getUTCMonth() + 1)}-${twoDigits(date.getUTCDate())}`
  const time = `${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())}:${twoDigits(date.getUTCSeconds())}`
  const fraction = date.getUTCMilliseconds()
  return fraction === 0 ? `${day}T${time}Z` : `${day}T${time}.${String(fraction).padStart(3, '0')}Z`
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}

/** Whole days from `now` until `at`, downwards: 0 on the last day, negative after it. */
export function daysUntil(at: EpochMs, now: EpochMs): number {
  return Math.floor((at - now) / DAY)
}
