/**
 * The gate of a store that many machines share, as whoever moves its records (`migrate.ts`) or seals them anew (`rekey.ts`)
 * sees it. A gate of one machine (`gate.ts`) does not reach them: theirs stands in the store, and so does the word on whether
 * its records are in use, since the mark of one machine says nothing to the others.
 */

/**
 * `in-use`: the records are where they should be · `filling`: a move brings them, and is not done · `left`: a move took them
 * away, and their copies may still be there. `move` tells one move from another.
 */
export type Standing = { readonly is: 'in-use' } | { readonly is: 'filling' | 'left'; readonly move: string }

/** Every call may throw VAULT_UNAVAILABLE or WRITE_FAILED. */
export interface SharedGate {
  /** Makes what records rest in, where there is nothing yet. */
  prepare(): Promise<void>
  /**
   * Runs work while nobody else, on any machine, holds a lock of the store or can take one. What the work asks of the store
   * fails once the way to it was cut.
   *
   * @throws {LOCK_HELD} while others are at work
   */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** What stands there now; undefined where nothing was ever made. */
  standing(): Promise<Standing | undefined>
  /** @throws {VAULT_UNAVAILABLE} where the records are not in use there */
  refuseAway(): Promise<void>
  /** Changes it for all machines, durable when this returns. Inside `alone` only. */
  stand(next: Standing): Promise<void>
  /** Whether there is a record, an answer on its way, or a link that was sent. */
  holdsAnything(): Promise<boolean>
}
