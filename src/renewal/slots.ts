/**
 * When accounts may be asked about that an app's allowance has no refresh for now: one after the other at the pace of that
 * allowance, so that they neither come back together nor are looked at again and again. Nothing is promised by a slot:
 * whoever comes back takes from the allowance like everybody else.
 */
import { DAY, type EpochMs, HOUR, SECOND } from '../tokens/time.ts'
import type { Allowance } from '../vault/fleet.ts'
import { nextDay } from './ration.ts'
import type { Allowances } from './reservations.ts'

/** The furthest slot: whoever is beyond it comes back within it as well, since another pace may hold by then. */
const FURTHEST_MS = HOUR

/** Why there was no refresh: the day's are used up, or given out over its hours; or so many a second. */
export type Shortage = 'day' | 'rate'

export interface Later {
  /** In whole seconds, one for each account. */
  readonly until: readonly EpochMs[]
  readonly shortage: Shortage
}

/** The slots of one process, by app. */
export class Slots {
  readonly #allowances: Allowances
  readonly #next = new Map<string, EpochMs>()

  constructor(allowances: Allowances) {
    this.#allowances = allowances
  }

  /** The next slots for so many accounts of an app. @throws what the store throws */
  async give(allowance: Allowance, count: number, now: EpochMs): Promise<Later> {
    const shortage = await this.#shortageOf(allowance)
    const { app, perDay, perSecond, isSpread } = allowance
    const isSpent = shortage === 'day' && perDay !== null && (await this.#allowances.sentToday(app)) >= perDay
    const pace =
      shortage === 'rate' ? perSecond : isSpread && perDay !== null ? perDay / (DAY / SECOND) : null
    const between = pace === null ? 0 : SECOND / pace
    const base = isSpent ? nextDay(now) : now + SECOND
    const first = Math.max(this.#next.get(app) ?? base, base)
    const until = Array.from({ length: count }, (_, index) => {
      const far = first - base + index * between
      return Math.ceil((base + (far % FURTHEST_MS)) / SECOND) * SECOND
    })
    this.#next.set(app, base + Math.min(first - base + count * between, FURTHEST_MS))
    return { until, shortage }
  }

  /** Whether the day would still give one is asked of who counts: only that knows how it is spread. */
  async #shortageOf(allowance: Allowance): Promise<Shortage> {
    const { app, perDay, perSecond } = allowance
    if (perSecond === null) return 'day'
    if (perDay === null) return 'rate'
    const granted = await this.#allowances.take({ ...allowance, perSecond: null }, 1)
    if (granted > 0) await this.#allowances.giveBack(app, granted)
    return granted > 0 ? 'rate' : 'day'
  }
}
