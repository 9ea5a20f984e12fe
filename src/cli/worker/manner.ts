/** How a worker is to work: its options, checked before anything is opened. */
import { TokenctlError } from '../../errors.ts'
import { HOUR, MINUTE, SECOND } from '../../tokens/time.ts'

/** The options as they were typed. */
export interface WorkerOptions {
  readonly concurrency: string
  readonly poll: string
  readonly rate?: string
  /** False with `--no-spread`. */
  readonly spread?: boolean
  readonly once?: boolean
  readonly listen?: string
  readonly json?: boolean
  /** False with `--no-notices`. */
  readonly notices?: boolean
}

export interface WorkerManner {
  /** Accounts at work at the same time. */
  readonly concurrency: number
  readonly pollMs: number
  /** Refreshes a second that an app may send; null: no such limit. */
  readonly perSecond: number | null
  readonly isSpread: boolean
  /** Whether it ends when nothing is due any more. */
  readonly isOnce: boolean
  readonly isJson: boolean
  readonly tells: boolean
}

const [SHORTEST_POLL_MS, LONGEST_POLL_MS] = [SECOND, HOUR]
const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, min: MINUTE, h: HOUR }

/** @throws {USAGE} naming the option and what it takes. */
export function workerManner(options: WorkerOptions): WorkerManner {
  return {
    concurrency: concurrencyOf(options.concurrency),
    pollMs: pollOf(options.poll),
    perSecond: options.rate === undefined ? null : rateOf(options.rate),
    isSpread: options.spread !== false,
    isOnce: options.once === true,
    isJson: options.json === true,
    tells: options.notices !== false,
  }
}

function concurrencyOf(text: string): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (number >= 1 && number <= 1024) return number
  throw new TokenctlError('USAGE', '--concurrency takes a whole number from 1 to 1024.', {
    fix: 'For instance `--concurrency 16`.',
  })
}

function pollOf(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,5}) ?([a-z]{1,3})$/.exec(text.trim().toLowerCase()) ?? []
  const ms = Number(digits) * (UNITS[unit] ?? Number.NaN)
  if (ms >= SHORTEST_POLL_MS && ms <= LONGEST_POLL_MS) return ms
  throw new TokenctlError('USAGE', '--poll takes a length from a second to an hour.', {
    fix: 'For instance `--poll 30s`, or `--poll 5m`.',
  })
}

function rateOf(text: string): number {
  const rate = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0
  if (rate > 0 && rate <= 100_000) return rate
  throw new TokenctlError('USAGE', '--rate takes how many refreshes a second an app may send.', {
    fix: 'For instance `--rate 10`, or `--rate 0.5` for one every two seconds.',
  })
}
