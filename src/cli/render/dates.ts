/** Dates as people read them: local and short. Programs get ISO 8601 in UTC (`tokens/time.ts`). */
import { lightFormat } from 'date-fns/lightFormat'
import { type EpochMs, MINUTE } from '../../tokens/time.ts'

/** `2026-11-22`, in the machine's time zone. */
export function showDay(at: EpochMs): string {
  const date = new Date(at)
  const year = date.getFullYear()
  // A listing of many accounts is made of days: written so, one takes a tenth of the time.
  if (!(year >= 1000 && year <= 9999)) return lightFormat(at, 'yyyy-MM-dd')
  const [month, day] = [date.getMonth() + 1, date.getDate()]
  return `${year}-${month < 10 ? '0' : ''}${month}-${day < 10 ? '0' : ''}${day}`
}

/** `2026-11-22 10:00`, in the machine's time zone. */
export function showTime(at: EpochMs): string {
  return lightFormat(at, 'yyyy-MM-dd HH:mm')
}

/** The end of a wait, as `showTime` has it, to the full minute after: one that is seconds away must not look past. */
export function showEndOfWait(at: EpochMs): string {
  return showTime(Math.ceil(at / MINUTE) * MINUTE)
}

/** `10:00:05`, in the machine's time zone: a time of this very hour. */
export function showClock(at: EpochMs): string {
  return lightFormat(at, 'HH:mm:ss')
}

/** A length of time in its two largest parts: `4 min 59 s`, `3 min`, `7 days`. @param seconds a whole number */
export function showSpan(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor(seconds / 3600) % 24
  const minutes = Math.floor(seconds / 60) % 60
  const parts = [
    days > 0 && `${days} ${days === 1 ? 'day' : 'days'}`,
    hours > 0 && `${hours} h`,
    minutes > 0 && `${minutes} min`,
    seconds % 60 > 0 && `${seconds % 60} s`,
  ].filter(part => part !== false)
  return parts.slice(0, 2).join(' ') || '0 s'
}
