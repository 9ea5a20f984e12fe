/**
 * The locks of a fleet: advisory ones of the database, held by the connection, so that those of a worker that died, in
 * whatever way, are free at once. They are taken and given back for many accounts in one statement.
 *
 * A connection can be cut while its program lives and has a request on its way. So a lock alone is not enough: as long as a
 * mark in the journal says that another run's exchange may still be open (`busy_until`), its account is not given to anybody;
 * and a lock of a connection that is gone is not held any more, whatever comes in its place.
 */
import { TokenctlError } from '../../errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { accountKey } from '../records.ts'
import type { LockManner } from '../secret-store.ts'
import { batched } from './batched.ts'
import { sharedBackend } from './greeting.ts'
import type { Session } from './session.ts'

/** As long as for a lock of one machine. */
const DEFAULT_WAIT_MS = 30_000
/** Between two tries, in milliseconds: quick enough not to be felt, apart enough that waiters do not march in step. */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [25, 250]
/** Names in one statement: some 30 KB. */
const MOST = 1000

const LOCK_ID = "hashtextextended('tokenctl/lock/' || name, 0)"

export class AdvisoryLocks {
  readonly #session: Session
  readonly #clock: Pick<Clock, 'sleep'>
  readonly #random: () => number
  /** The locks of this run, each with the number of the connection that holds it. One connection may take one twice, so this run keeps them apart. */
  readonly #held = new Map<string, number>()
  readonly #tryOne: (name: string) => Promise<boolean>
  readonly #free: (name: string) => Promise<void>

  constructor(session: Session, clock: Pick<Clock, 'sleep'>, random: () => number = Math.random) {
    this.#session = session
    this.#clock = clock
    this.#random = random
    const one = { most: MOST, keyOf: (name: string) => name, turns: session.turns }
    this.#tryOne = batched(names => this.#tryAll(names), one)
    this.#free = batched(names => this.#freeAll(names), one)
  }

  /** Whether this run was given the lock of a name, and the connection that holds it is still there. */
  holds(name: string): boolean {
    const epoch = this.#held.get(name)
    return epoch !== undefined && epoch === this.#session.epoch
  }

  /** Whether this run was given the lock of a name and has lost it. */
  hasLost(name: string): boolean {
    return this.#held.has(name) && !this.holds(name)
  }

  /** Whether this run was given the lock of a name by another connection than that of this number. */
  isOfOther(name: string, epoch: number): boolean {
    const held = this.#held.get(name)
    return held !== undefined && held !== epoch
  }

  /** Runs work while nobody else holds the lock of this name, on any machine. @throws {LOCK_HELD} · {VAULT_UNAVAILABLE} · {WRITE_FAILED} */
  async hold<T>(
    name: string,
    work: () => Promise<T>,
    { waitMs = DEFAULT_WAIT_MS }: LockManner = {},
  ): Promise<T> {
    await this.#session.passGate()
    for (let waited = 0; !(await this.#take(name)); ) {
      if (waited >= waitMs) throw heldElsewhere(name, waitMs)
      const pause = SHORTEST_PAUSE_MS + this.#random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS)
      waited += pause
      await this.#clock.sleep(pause)
    }
    try {
      return await work()
    } finally {
      await this.#giveBack(name)
    }
  }

  async #take(name: string): Promise<boolean> {
    if (this.#held.has(name)) return false
    // Before the statement is answered: a second try of this run would be given the same lock once more.
    this.#held.set(name, Number.NaN)
    try {
      if (await this.#tryOne(name)) return true
    } catch (error) {
      this.#held.delete(name)
      throw error
    }
    this.#held.delete(name)
    return false
  }

  async #giveBack(name: string): Promise<void> {
    const isHeld = this.holds(name)
    try {
      if (isHeld) await this.#free(name)
    } catch {
      // A connection that is cut has let go of it, and what the work did is not undone by it.
    } finally {
      this.#held.delete(name)
    }
  }

  async #tryAll(names: readonly string[]): Promise<readonly boolean[]> {
    try {
      return await this.#given(names)
    } catch (error) {
      // What a statement took before it failed is held as long as its connection is there, by nobody.
      await this.#freeAll(names).catch(() => undefined)
      throw error
    }
  }

  async #given(names: readonly string[]): Promise<readonly boolean[]> {
    const text = `SELECT name, pg_try_advisory_lock(${LOCK_ID}) AS got, pg_backend_pid() AS at FROM unnest($1::text[]) AS name`
    // Over a connection that has passed the gate: one that took its place since the caller did has not.
    const { rows, epoch, backend } = await this.#session.gated<{ name: string; got: boolean; at: number }>(
      { name: 'lock', text },
      [names],
    )
    if (rows.some(({ at }) => at !== backend)) throw sharedBackend(this.#session.place)
    const got = new Set(rows.flatMap(row => (row.got ? [row.name] : [])))
    if (got.size === 0) return names.map(() => false)
    // After the lock was given, so that nothing which its last holder wrote is missed.
    const busy = await this.#busy([...got])
    if (busy.length > 0) await this.#freeAll(busy)
    for (const name of busy) got.delete(name)
    for (const name of got) this.#held.set(name, epoch)
    return names.map(name => got.has(name))
  }

  /** Those for which another run's exchange may still be open. */
  async #busy(names: readonly string[]): Promise<readonly string[]> {
    const byKey = new Map(names.map(name => [accountKey(name), name]))
    const rows = await this.#session.rows<{ key: string }>(
      {
        name: 'busy',
        text: `SELECT key FROM tokenctl.journal WHERE part = 'journal' AND key = ANY($1)
          AND owner <> $2 AND NOT is_answered AND busy_until > clock_timestamp()`,
      },
      [[...byKey.keys()], this.#session.owner],
    )
    return rows.flatMap(({ key }) => byKey.get(key) ?? [])
  }

  async #freeAll(names: readonly string[]): Promise<readonly undefined[]> {
    const text = `SELECT count(pg_advisory_unlock(${LOCK_ID})) FROM unnest($1::text[]) AS name`
    await this.#session.rows({ name: 'unlock', text }, [names])
    return names.map(() => undefined)
  }
}

function heldElsewhere(name: string, waitMs: number): TokenctlError {
  return new TokenctlError(
    'LOCK_HELD',
    `Another tokenctl is at work on ${name}, on this machine or another.`,
    {
      fix:
        waitMs === 0
          ? 'The next run tries again.'
          : `Waited ${Math.round(waitMs / 1000)} s. The next run tries again; after a worker that was killed its accounts are free within two minutes.`,
    },
  )
}
