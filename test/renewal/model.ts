/**
 * What must be so, in a few lines: which refresh token this machine must hold for each account. It learns only what the
 * marketplace did, what reached this machine, and that something was made durable after it; nothing of how.
 */
import { Presentations } from './model-presentations.ts'
import { isCode, type Taken } from './model-server.ts'
import type { Look } from './model-world.ts'

/** Of one account. */
export interface Held {
  /** The refresh token that must be here, in the record or in its journal; null where none was ever proven. */
  must: string | null
  /** A token that a person brought and was told is kept. */
  pending: string | null
  generation: number
}

export class Model {
  readonly accounts = new Map<string, Held>()
  readonly presentations = new Presentations()
  /** What persons brought, by account, the last one first. */
  readonly brought = new Map<string, readonly string[]>()
  /** The last code that a person pasted, by account. */
  readonly codes = new Map<string, string>()
  /** The tokens that codes gave. */
  readonly consented = new Set<string>()
  /** How the run that is at work was begun. */
  mode: 'named' | 'due' | 'other' = 'other'
  /** What was on the disk before it. */
  before: Look | undefined
  /** Whether the last run could not keep what had arrived. */
  mayHaveLost = false
  /** What is here and not yet durable. */
  #arriving: { readonly account: string; readonly token: string; readonly successor: string } | undefined

  /** An answer is here. */
  arrived(taken: Taken, account: string): void {
    const { token, successor, tells } = taken
    const held = this.accounts.get(account)
    if (successor !== undefined && isCode(token)) this.consented.add(successor)
    if (tells === 'accepted' && successor !== undefined) this.#arriving = { account, token, successor }
    if (tells === 'refused' && held?.pending === token) held.pending = null
    this.presentations.answered(taken)
  }

  /** Something was made durable: from here on what had arrived cannot be lost any more. */
  durable(): void {
    if (this.#arriving === undefined) return
    const { account, token, successor } = this.#arriving
    const held = this.accounts.get(account) ?? { must: null, pending: null, generation: 0 }
    const pending = held.must === token ? held.pending : null
    this.accounts.set(account, { ...held, pending, must: successor })
    this.presentations.succeeded(token, successor)
    this.#arriving = undefined
  }

  /** A run is over. A write that was cut off may have been whole all the same: what the disk shows counts. */
  ended(look: Look): void {
    const { account = '', token, successor } = this.#arriving ?? {}
    const journal = look.journals.get(account)
    const isKept = journal?.token === token && journal?.answers.some(text => text.includes(`"${successor}"`))
    if (isKept === true || look.accounts.get(account)?.current === successor) this.durable()
    else if (successor !== undefined && !this.mayHaveLost)
      this.presentations.violations.push(`${successor} was here, and is not kept`)
    this.#arriving = undefined
  }
}
