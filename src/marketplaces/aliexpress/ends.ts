/**
 * When an access token and a consent end, by an answer that may say so twice: in seconds from now, and as a point on
 * AliExpress' clock. A wrong clock here must neither shorten nor stretch a consent.
 */
import { accessLifeSeconds, consentEnd, plausibleConsentEnd, readNumber } from '../../oauth/token-fields.ts'
import { type EpochMs, MINUTE, SECOND } from '../../tokens/time.ts'

/** The four members that tell of time, as they came. */
export interface ReportedTimes {
  readonly expires_in?: unknown
  readonly expire_time?: unknown
  readonly refresh_expires_in?: unknown
  readonly refresh_token_valid_time?: unknown
}

// In production for a month; in test status one day, which is what an answer without a number is taken for.
// https://openservice.aliexpress.com/doc/doc.htm#/?docId=1364, checked 22 Nov 2026
const TEST_ACCESS_LIFE_SECONDS = 86_400

/**
 * How far the two may lie apart and still mean the same point. Our choice: more than an answer travels, less than a
 * clock may be wrong before it matters.
 */
const CLOCKS_AGREE_MS = 2 * MINUTE

/** Milliseconds since 1970 have 13 digits from 2001 on; seconds that pass for milliseconds would lie in 1970. */
const EARLIEST_MS: EpochMs = 1e12

/** Whether the answer says that its refresh token is of no use: `refresh_expires_in` is 0. */
export function cannotBeRefreshed(times: ReportedTimes): boolean {
  const seconds = readNumber(times.refresh_expires_in)
  return seconds !== undefined && seconds <= 0
}

/** The access token's end; the shortest documented life when the answer names none. */
export function accessEnd(times: ReportedTimes, now: EpochMs): EpochMs {
  const seconds = readNumber(times.expires_in)
  const bySeconds = seconds === undefined ? undefined : now + seconds * SECOND
  const at = agreed(bySeconds, epochMs(times.expire_time))
  const life = at === undefined ? undefined : (at - now) / SECOND
  return now + Math.round(accessLifeSeconds(life, TEST_ACCESS_LIFE_SECONDS) * SECOND)
}

/**
 * The consent's end; undefined when the answer names none that can be believed. Where nothing can be refreshed any more
 * the access token in the answer is the last, and the consent ends with it in effect.
 */
export function consentEndOf(
  times: ReportedTimes,
  now: EpochMs,
  accessExpiresAt: EpochMs,
): EpochMs | undefined {
  if (cannotBeRefreshed(times)) return accessExpiresAt
  const point = epochMs(times.refresh_token_valid_time)
  const believed = point === undefined ? undefined : plausibleConsentEnd(point, now)
  return agreed(consentEnd(times.refresh_expires_in, now), believed)
}

/**
 * Two statements of one point made into one. When they agree the point counts: it stays the same from answer to
 * answer, where seconds wander with each answer's travel. When they do not, one of the two clocks is wrong, and the
 * seconds count: they are reckoned on the clock by which they will be watched.
 */
function agreed(bySeconds: EpochMs | undefined, point: EpochMs | undefined): EpochMs | undefined {
  if (bySeconds === undefined || point === undefined) return bySeconds ?? point
  return Math.abs(point - bySeconds) <= CLOCKS_AGREE_MS ? point : bySeconds
}

function epochMs(value: unknown): EpochMs | undefined {
  const at = readNumber(value)
  return at !== undefined && at >= EARLIEST_MS && at <= Number.MAX_SAFE_INTEGER ? Math.trunc(at) : undefined
}
