/**
 * Refreshes that are taken before accounts are asked about, and counted as they go out: what an app may send is shared by
 * whoever takes, be it over all machines of a fleet. A retry has no refresh of its own; it is counted beyond what was
 * taken, so that the count stays true, and is never held up by it.
 */
import type { Allowance, Fleet } from '../vault/fleet.ts'
import type { Quota } from './ports.ts'

/** Where refreshes are taken from. */
export type Allowances = Pick<Fleet, 'take' | 'giveBack' | 'sentToday'> & {
  /** Told of each refresh that goes out, where the count goes by what was sent. Never throws. */
  sent?(app: string): void
}

/** What an app may send; undefined where nothing limits it, and nothing is counted. */
export type AllowanceOf = (marketplace: string, app: string) => Allowance | undefined

interface Held {
  /** Taken, and not sent yet. */
  taken: number
  /** Accounts that were let through and are not done yet. */
  open: number
}

/** The quota of accounts that are let through by `reserve`, and only of those. */
export class Reservations implements Quota {
  readonly #allowances: Allowances
  readonly #allowanceOf: AllowanceOf
  readonly #held = new Map<string, Held>()

  constructor(allowances: Allowances, allowanceOf: AllowanceOf) {
    this.#allowances = allowances
    this.#allowanceOf = allowanceOf
  }

  /**
   * How many of so many accounts may be asked about now; `done` is to be called once for each of them.
   *
   * @throws what the store throws
   */
  async reserve(marketplace: string, app: string, wanted: number): Promise<number> {
    const allowance = this.#allowanceOf(marketplace, app)
    if (allowance === undefined || wanted <= 0) return Math.max(0, wanted)
    const held = this.#of(allowance.app)
    // What others of this app did not send after all.
    const over = Math.min(wanted, Math.max(0, held.taken - held.open))
    held.open += over
    const granted = wanted === over ? 0 : await this.#allowances.take(allowance, wanted - over)
    held.taken += granted
    held.open += granted
    return over + granted
  }

  /** An account that was let through is done, whether or not anything was sent for it. */
  done(marketplace: string, app: string): void {
    const allowance = this.#allowanceOf(marketplace, app)
    if (allowance !== undefined) this.#of(allowance.app).open -= 1
  }

  /** Gives back what was taken and not sent. Whoever is let through later takes anew. @throws what the store throws */
  async giveBack(): Promise<void> {
    for (const [app, held] of this.#held) {
      const over = held.taken - Math.max(0, held.open)
      if (over <= 0) continue
      held.taken -= over
      await this.#allowances.giveBack(app, over)
    }
  }

  /** No number: what may not be sent was not let through. */
  left(): null {
    return null
  }

  used(marketplace: string, app: string): void | Promise<void> {
    const allowance = this.#allowanceOf(marketplace, app)
    if (allowance === undefined) return
    const held = this.#of(allowance.app)
    if (held.taken > 0) {
      held.taken -= 1
      this.#allowances.sent?.(allowance.app)
      return
    }
    return this.#count(allowance.app)
  }

  /** One more than was taken: there is no limit to ask, it goes out. */
  async #count(app: string): Promise<void> {
    try {
      await this.#allowances.take({ app, perDay: null, perSecond: null, isSpread: false }, 1)
      this.#allowances.sent?.(app)
    } catch {
      // The store is out of reach: the renewal itself finds that, and a count is worth none.
    }
  }

  #of(app: string): Held {
    const held = this.#held.get(app) ?? { taken: 0, open: 0 }
    this.#held.set(app, held)
    return held
  }
}
