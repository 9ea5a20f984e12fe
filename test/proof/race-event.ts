/** The words in which a race is told and judged: what one observer sees, in its order, and what becomes of it. */

/** One event; `at` in milliseconds of one clock. Tokens are numbered by account in the order they were issued. */
export type RaceEvent = { readonly at: number } & (
  | { readonly type: 'start' | 'kill' | 'stop' | 'continue'; readonly run: number }
  | { readonly type: 'end'; readonly run: number; readonly status: number | null }
  /** A refresh token reached the marketplace. `run` is null where its sender was gone before it could be told. */
  | {
      readonly type: 'present'
      readonly run: number | null
      readonly account: string
      readonly token: number
      readonly accepted: boolean
    }
  /** The answer was handed to the kernel of the one who asked. */
  | { readonly type: 'delivered'; readonly run: number | null; readonly account: string }
  /** What a run said of an account. */
  | {
      readonly type: 'result'
      readonly run: number
      readonly account: string
      readonly outcome: string
      readonly code: string | null
    }
  /** What a record's first line was seen to say; null when it could not be read as one. */
  | { readonly type: 'stored'; readonly account: string; readonly generation: number | null }
  /** The seller consents again: this token is on its way in, beside whatever still lives of the consents before. */
  | { readonly type: 'consent'; readonly account: string; readonly token: number }
  /** A new consent was brought in, after the old one was lost: from here on this token counts. */
  | { readonly type: 'reseed'; readonly account: string; readonly token: number }
)

export interface Verdict {
  /** What must not have happened, in words. */
  readonly violations: readonly string[]
  readonly figures: Figures
}

export interface Figures {
  readonly runs: number
  readonly accepted: number
  readonly kills: number
  readonly stops: number
  /** Tokens presented again after a kill of the one who had presented them. */
  readonly presentedAgain: number
  /** Renewals that a run finished with an answer that a killed one had received. */
  readonly recovered: number
  /** Consents lost since the killed run had no answer yet. */
  readonly lostUnanswered: number
  /** Consents lost although the answer was in the killed run's kernel. */
  readonly lostAnswered: number
  /** The longest that such a run had run with its answer, in milliseconds. */
  readonly longestUnsavedMs: number
  readonly lockHeld: number
}
