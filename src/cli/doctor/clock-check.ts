/** Whether the clock of this machine agrees with the `Date` of the marketplaces' answers. Pure. */

import { ERROR_CODES } from '../../errors.ts'
import { HOUR, MINUTE, SECOND } from '../../tokens/time.ts'
import { showSpan } from '../render/dates.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped, warning } from './findings.ts'

/** How far our clock is ahead of one host's, in milliseconds; negative when it is behind. */
export interface Skew {
  readonly marketplace: string
  readonly host: string
  readonly ms: number
}

/** A clock that is further off is worth a word. Not less: `Date` has whole seconds, and an answer takes its time. */
const NOTICED_MS = 2 * MINUTE
// "Less than 7200 s from UTC": AliExpress' page on auth_token_create, as simowment/ae_sdk at d59f69b keeps it, checked 22 Nov 2026
/** AliExpress refuses a request whose time stamp is further off. */
const REFUSED_MS = 2 * HOUR

/** The difference between our clock and a host's, by the middle of the exchange; undefined without a readable `Date`. */
export function skewOf(
  whose: Omit<Skew, 'ms'>,
  headers: Readonly<Record<string, string>>,
  begun: number,
  ended: number,
): Skew | undefined {
  const date = Date.parse(headers['date'] ?? '')
  if (Number.isNaN(date)) return undefined
  // An answer from a cache is as old as it says (RFC 9111 section 5.1).
  const age = /^\d{1,9}$/.test(headers['age'] ?? '') ? Number(headers['age']) * SECOND : 0
  return { ...whose, ms: (begun + ended) / 2 - (date + age) }
}

/** The finding over all hosts: the one that is furthest off counts, and AliExpress' own limit beside it. */
export function clockFinding(skews: readonly Skew[]): Finding {
  const [worst] = [...skews].sort((a, b) => Math.abs(b.ms) - Math.abs(a.ms))
  if (worst === undefined) return skipped('clock', 'No marketplace told its time.')
  const words = (skew: Skew) =>
    `The clock of this machine is ${showSpan(Math.round(Math.abs(skew.ms) / SECOND))} ${skew.ms > 0 ? 'ahead of' : 'behind'} that of ${skew.host}`
  const mend = ERROR_CODES.CLOCK_WRONG.fix
  const refusing = skews.find(
    ({ marketplace, ms }) => marketplace === 'aliexpress' && Math.abs(ms) >= REFUSED_MS,
  )
  if (refusing !== undefined)
    return problem('clock', `${words(refusing)}, and AliExpress refuses what is more than 2 h off.`, {
      where: refusing.host,
      mend,
      code: 'CLOCK_WRONG',
    })
  if (Math.abs(worst.ms) > NOTICED_MS)
    return warning('clock', `${words(worst)}.`, { where: worst.host, mend })
  return ok('clock', 'The clock of this machine agrees with the marketplaces.', worst.host)
}
