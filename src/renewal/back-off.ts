/**
 * How rarely a run that nobody watches asks for an account that fails again and again. Pure. A named `renew` never
 * comes here: whoever types a name wants an answer.
 */
import { createHash } from 'node:crypto'
import { ERROR_CODES, type ErrorCode, knownCode, TokenctlError } from '../errors.ts'
import { formatAccount } from '../tokens/account.ts'
import { LONGEST_HOLD_MS } from '../tokens/failing.ts'
import { type EpochMs, HOUR, SECOND, toIso } from '../tokens/time.ts'
import type { AccountHeader, Failing } from '../tokens/token-set.ts'
import type { RenewResult } from './ports.ts'

/** Fewer failures in a row than this are a bad quarter of an hour, which a run every few minutes should get over. */
const FAILURES_BEFORE_PAUSE = 5
/** From then on once an hour, and half as often with each further failure … */
const FIRST_PAUSE_MS = HOUR
/**
 * … never for longer than it has failed by now: a script that asks every second has its five failures within a hiccup, which
 * must not cost a shop an hour …
 */
const SHORTEST_PAUSE_MS = 30 * SECOND
/** … but four times a day at least: a shop that comes back at night must not be dead until the next evening. */
const LONGEST_PAUSE_MS = 6 * HOUR
/**
 * Each pause is shorter by a tenth to a fifth: a schedule of the pause's own length would find the account still held by
 * the minutes that the last run needed to reach it, and come in vain every second time.
 */
const [LEAST_SLACK, MORE_SLACK] = [0.1, 0.1]

/**
 * When an unattended run asks for the account again; null when it may ask now. Never more than 24 hours ahead: what is
 * dated further was dated by a wrong clock and holds nobody.
 */
export function askAgainAt(
  header: Pick<AccountHeader, 'account' | 'failing' | 'lastAttempt'>,
  now: EpochMs,
): EpochMs | null {
  const { account, failing, lastAttempt } = header
  if (failing === null) return null
  const latest = now + LONGEST_HOLD_MS
  const last = lastAttempt?.outcome === 'failed' && lastAttempt.at <= latest ? lastAttempt.at : null
  const pause = pauseAfter(failing.count, last === null ? 0 : last - failing.since, account)
  const paused = last === null || pause === 0 ? now : last + pause
  const asked = failing.notBefore !== null && failing.notBefore <= latest ? failing.notBefore : now
  const until = Math.min(Math.max(paused, asked), latest)
  return until > now ? until : null
}

/**
 * The pause of this account after this many failures in a row, the first of them so long ago, in milliseconds: its own part
 * of the slack, so that accounts that failed together do not come back together.
 */
function pauseAfter(failures: number, lastedMs: number, account: string): number {
  if (failures < FAILURES_BEFORE_PAUSE) return 0
  // Past a few doublings the power only grows out of its numbers.
  const doublings = Math.min(failures - FAILURES_BEFORE_PAUSE, 10)
  const byCount = Math.min(FIRST_PAUSE_MS * 2 ** doublings, LONGEST_PAUSE_MS)
  const whole = Math.min(byCount, Math.max(lastedMs, SHORTEST_PAUSE_MS))
  return Math.round(whole * (1 - LEAST_SLACK - MORE_SLACK * shareOf(account)))
}

/** A number from 0 to below 1 that is the same for the same name and lies anywhere for another one. */
function shareOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32
}

/**
 * How an account fails and when it is asked again, as part of a sentence, with times as `show` writes them, and the end of
 * the wait as `showEnd` does.
 */
export function failingWords(
  failing: Failing,
  until: EpochMs,
  show: (at: EpochMs) => string,
  showEnd = show,
): string {
  const { code, count, since } = failing
  const times = count === 1 ? `failed ${show(since)}` : `failed ${count} times in a row since ${show(since)}`
  return `it ${times} (${code}), and an unattended run asks again after ${showEnd(until)}`
}

/**
 * How an account comes out that an unattended run did not ask about: failed, with the last failure's own code, since it
 * is no success that nobody asked.
 *
 * @param held an account whose plan is `backing-off`.
 */
export function backingOff(
  held: Pick<RenewResult, 'account' | 'assessment'> & { readonly header: AccountHeader },
  now: EpochMs,
): RenewResult {
  const { failing } = held.header
  const until = askAgainAt(held.header, now) ?? now
  const code = knownCode(failing?.code) ?? UNKNOWN_CODE
  const words = failing === null ? '' : `: ${failingWords(failing, until, toIso)}`
  const { exit, fix } = ERROR_CODES[code]
  const name = formatAccount(held.account)
  const askNow = `\`tokenctl renew ${name}\` asks now.`
  const error = new TokenctlError(code, `Not asked now${words}.`, {
    account: name,
    // Where waiting mends nothing, what does comes first.
    fix: exit === 3 ? `${fix} Then ${askNow}` : `Wait; or ${askNow}`,
  })
  return { ...held, outcome: 'failed', error, waitsUntil: until }
}

/**
 * How an account comes out whose answer was lost and whose access token still works: asking again could end that too.
 *
 * @param held an account whose plan is `answer-lost`.
 */
export function waitingOut(
  held: Pick<RenewResult, 'account' | 'assessment'> & { readonly header: AccountHeader },
): RenewResult {
  const code = knownCode(held.header.lastAttempt?.code ?? 'NETWORK_FAILED') ?? UNKNOWN_CODE
  const name = formatAccount(held.account)
  const error = new TokenctlError(
    ERROR_CODES[code].exit === 4 ? code : 'NETWORK_FAILED',
    'Not asked now: the answer to its last renewal was lost, and asking again could end the access token that still works.',
    {
      account: name,
      fix: `An unattended run asks when that is about to run out; \`tokenctl renew ${name}\` asks now.`,
    },
  )
  return { ...held, outcome: 'failed', error }
}

/** A code that a later version wrote and this one does not know counts as one that the next run may mend. */
export const UNKNOWN_CODE: ErrorCode = 'MARKETPLACE_DOWN'
