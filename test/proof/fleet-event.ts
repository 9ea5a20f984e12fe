/** What is seen of a fleet under faults, in the clock of the one process that sees it, and what becomes of it. */

/** One presentation of a refresh token to the token server. */
export interface Presentation {
  /** The life of the program that asked: a process from its start to its end. */
  readonly life: number
  readonly account: string
  /** Which of the account's tokens it was, in the order in which they were issued; the first is 1. */
  readonly token: number
  /** When it was here whole. */
  readonly at: number
  /**
   * `accepted`: the token is spent and the next one issued · `spent`: it had been spent before · `turned-away`: 503, and
   * the token is as it was · `dropped`: the connection was reset before anything was done with the token.
   */
  readonly outcome: 'accepted' | 'spent' | 'turned-away' | 'dropped'
  /** Whether the server reset the connection in the place of an answer. */
  readonly isLost: boolean
  /** When its answer was handed to the kernel; null where there was none. */
  answeredAt: number | null
  /** When it was over: its answer handed over, or its connection gone. Null while it is open. */
  overAt: number | null
}

/** A change of an account's row, as a trigger in the database saw it. */
export interface RowChange {
  readonly account: string
  readonly generation: { readonly from: number; readonly to: number | null }
  readonly revision: { readonly from: number; readonly to: number | null }
}

/** How an account ended, when everything had been let run to its end. */
export interface AccountEnd {
  readonly account: string
  /** Which token the record holds. */
  readonly stored: number
  /** Which one the server issued last. */
  readonly issued: number
  /** What the account says of itself: the code that its token was refused with; `awaited` where its answer is. */
  readonly says: 'ANSWER_LOST' | 'GRANT_REJECTED' | 'awaited' | null
}

export interface FleetHistory {
  readonly presentations: readonly Presentation[]
  /** When lives were ended by SIGKILL. */
  readonly kills: ReadonlyMap<number, number>
  /** From when to when the database, or the way to it, was broken. */
  readonly outages: readonly { readonly from: number; readonly to: number }[]
  readonly changes: readonly RowChange[]
  readonly ends: readonly AccountEnd[]
  /** How accounts stood that had lost their consent, before the seller gave a new one. */
  readonly reseeds: readonly AccountEnd[]
  /** What is left in the tables of journals, and of locks, when nobody works any more. */
  readonly left: {
    readonly journals: readonly string[]
    readonly aside: readonly string[]
    readonly locks: number
  }
  /** Codes of the accounts' failures that the lives told, with how often. */
  readonly codes: Readonly<Record<string, number>>
}

export interface FleetVerdict {
  /** What must not have happened, in words. */
  readonly violations: readonly string[]
  readonly figures: {
    readonly presented: number
    readonly accepted: number
    readonly kills: number
    /** Second presentations of a spent token, each after an answer that never came to whoever asked. */
    readonly presentedAgain: number
    /** Answers to accepted presentations that the wire lost. */
    readonly lostOnWire: number
    /** Accepted presentations of lives that were killed then or later, whose answers are stored. */
    readonly keptOfKilled: number
    /** Tokens that were issued and that nobody has, told by their accounts. */
    readonly lostConsents: number
  }
}
