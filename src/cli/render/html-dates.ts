/** Points in time on the page: the local day, the exact point for machines, and how far off it was when it was made. */
import { DAY, type EpochMs, toIso } from '../../tokens/time.ts'
import { showDay, showTime } from './dates.ts'
import { type Markup, markup } from './markup.ts'

/** A local day that carries its exact point in UTC. */
export function dayMarkup(at: EpochMs): Markup {
  return markup`<time datetime="${toIso(at)}">${showDay(at)}</time>`
}

/** `in 5 days`, `within a day`, `3 days ago`: whole days, none that has only begun. */
export function daysWords(at: EpochMs, now: EpochMs): string {
  const days = Math.floor(Math.abs(at - now) / DAY)
  if (days === 0) return at > now ? 'within a day' : 'less than a day ago'
  const count = days === 1 ? '1 day' : `${days} days`
  return at > now ? `in ${count}` : `${count} ago`
}

/** `2026-11-22 11:00 (UTC+01:00), 2026-11-22 10:00 UTC`; once where both are the same. */
export function minuteMarkup(at: EpochMs): Markup {
  const utc = `${toIso(at).slice(0, 16).replace('T', ' ')} UTC`
  const offset = offsetOf(at)
  const both = offset === '+00:00' ? utc : `${showTime(at)} (UTC${offset}), ${utc}`
  return markup`<time datetime="${toIso(at)}">${both}</time>`
}

/** How far the machine's zone is ahead of UTC at that point, as `+05:45`. */
function offsetOf(at: EpochMs): string {
  const minutes = -new Date(at).getTimezoneOffset()
  const ahead = Math.abs(minutes)
  const pad = (part: number) => String(part).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(ahead / 60))}:${pad(ahead % 60)}`
}
