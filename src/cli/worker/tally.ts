/** What a worker did, counted: for its lines, its metrics and its health. It holds numbers and names of apps, no account. */
import type { TokenctlError } from '../../errors.ts'
import type { Outcome, RenewResult } from '../../renewal/ports.ts'
import type { RoundEnd } from '../../renewal/work.ts'
import { type EpochMs, MINUTE } from '../../tokens/time.ts'

export const OUTCOMES = [
  'renewed',
  'proved',
  'fresh',
  'needs-person',
  'failed',
] as const satisfies readonly Outcome[]

/** How many accounts came out how. */
export type Counts = Readonly<Record<Outcome, number>>

/** A round that hangs for so long beyond its time is stuck: no exchange may take half of it. */
const STUCK_MS = 5 * MINUTE

const none = (): Record<Outcome, number> => ({
  renewed: 0,
  proved: 0,
  fresh: 0,
  'needs-person': 0,
  failed: 0,
})

export class Tally {
  readonly begun: EpochMs
  readonly total = none()
  /** Those of the round that runs. */
  round = none()
  taken = 0
  inFlight = 0
  readonly putOff = { day: 0, rate: 0 }
  readonly rounds = { ok: 0, failed: 0 }
  lastSuccess: EpochMs | null = null
  lastRoundMs: number | null = null
  trouble: TokenctlError | null = null
  /** Refreshes that are left today, by app (`ebay.default`). */
  readonly left = new Map<string, number>()
  #roundBegun: EpochMs
  /** By when something is to happen again. */
  #expected: EpochMs

  constructor(now: EpochMs) {
    this.begun = now
    this.#roundBegun = now
    this.#expected = now
  }

  beginRound(now: EpochMs): void {
    this.round = none()
    this.#roundBegun = now
    this.#expected = now
  }

  count({ outcome }: Pick<RenewResult, 'outcome'>, now: EpochMs): void {
    this.round[outcome] += 1
    this.total[outcome] += 1
    if (outcome === 'renewed' || outcome === 'proved') this.lastSuccess = now
    this.#expected = now
  }

  /** @returns how long the round took, in milliseconds */
  endRound(end: Pick<RoundEnd, 'taken' | 'putOff' | 'trouble'>, now: EpochMs): number {
    this.taken += end.taken
    this.putOff.day += end.putOff.day
    this.putOff.rate += end.putOff.rate
    this.trouble = end.trouble
    this.rounds[end.trouble === null ? 'ok' : 'failed'] += 1
    this.lastRoundMs = now - this.#roundBegun
    this.#expected = now
    return this.lastRoundMs
  }

  /** Nothing happens before that, and that is as it should be. */
  restsUntil(at: EpochMs): void {
    this.#expected = at
  }

  /** What is wrong with the worker; undefined while it works. */
  problem(now: EpochMs): string | undefined {
    if (now - this.#expected > STUCK_MS) return 'stuck'
    return this.trouble === null ? undefined : `the last round failed: ${this.trouble.code}`
  }
}
