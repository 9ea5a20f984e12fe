/**
 * How long a vendor asks to be left alone. The value comes from outside: whatever it says, the answer is a wait
 * between nothing and a day, or "it did not say".
 */
import { DAY, type EpochMs, SECOND } from '../tokens/time.ts'

// Our guess, no vendor's number: the longest documented wait is eBay's daily counter. A longer one is a slip, and
// obeying it would let a shop's consent end.
const LONGEST_WAIT_MS = DAY

const SECONDS = /^\d{1,20}$/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
// The three forms that RFC 9110 section 5.6.7 has recipients accept, in its order.
const IMF =
  /^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/
const RFC_850 =
  /^[A-Z][a-z]{5,8}, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/
const ASCTIME =
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/

/** A number of seconds as a wait in milliseconds: a day at most, undefined when it is none or negative. */
export function waitOfSeconds(seconds: number): number | undefined {
  if (Number.isNaN(seconds) || seconds < 0) return undefined
  return Math.min(seconds * SECOND, LONGEST_WAIT_MS)
}

/**
 * Reads a `Retry-After` header.
 *
 * @returns milliseconds from `now`, a day at most; 0 for a date that has passed; undefined when there is no header
 *   or it holds neither whole seconds nor an HTTP date.
 * @see RFC 9110 sections 10.2.3 and 5.6.7
 */
export function parseRetryAfter(value: string | undefined, now: EpochMs): number | undefined {
  const text = value?.trim() ?? ''
  if (SECONDS.test(text)) return waitOfSeconds(Number(text))
  const at = parseHttpDate(text, now)
  return at === undefined ? undefined : Math.min(Math.max(at - now, 0), LONGEST_WAIT_MS)
}

function parseHttpDate(text: string, now: EpochMs): EpochMs | undefined {
  const parts = (IMF.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups
  if (parts === undefined) return undefined
  const month = MONTHS.indexOf(parts['month'] ?? '')
  const [hour, minute, second] = (parts['time'] ?? '').split(':').map(Number)
  const at = Date.UTC(fullYear(parts['year'] ?? '', now), month, Number(parts['day']), hour, minute, second)
  return month === -1 || Number.isNaN(at) ? undefined : at
}

/** A year of two digits that seems more than 50 years ahead is the last one past that ended so (RFC 9110 5.6.7). */
function fullYear(digits: string, now: EpochMs): number {
  if (digits.length === 4) return Number(digits)
  const thisYear = new Date(now).getUTCFullYear()
  const year = Math.floor(thisYear / 100) * 100 + Number(digits)
  return year > thisYear + 50 ? year - 100 : year
}
