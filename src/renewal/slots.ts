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
  readonly #allowances: Pick<Allowances, 'sentToday'>
  readonly #next = new Map<string, EpochMs>()

  constructor(allowances: Pick<Allowances, 'sentToday'>) {
    this.#allowances = allowances
  }

  /** The next slots for so many accounts of an app. @throws what the store throws */
  async give(allowance: Allowance, count: number, now: EpochMs): Promise<Later> {
    const { app, perDay, perSecond, isSpread } = allowance
    const isSpent = perDay !== null && (await this.#allowances.sentToday(app)) >= perDay
    const paces = [
      perSecond === null ? [] : perSecond / SECOND,
      isSpread && perDay !== null ? perDay / DAY : [],
    ]
    const pace = Math.min(...paces.flat())
    const base = isSpent ? nextDay(now) : now + SECOND
    const first = Math.max(this.#next.get(app) ?? base, base)
    const until = Array.from({ length: count }, (_, index) => {
      const far = first - base + index / pace
      return Math.ceil((base + (far % FURTHEST_MS)) / SECOND) * SECOND
    })
    this.#next.set(app, base + Math.min(first - base + count / pace, FURTHEST_MS))
    const isByRate = perSecond !== null && perSecond / SECOND <= pace
    return { until, shortage: isSpent || !isByRate ? 'day' : 'rate' }
  }
}
