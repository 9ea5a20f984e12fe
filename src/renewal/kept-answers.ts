/** What the answers in a journal come to: what they issued, or what they leave open. Pure. */
import { asTokenctlError, isTokenctlError, TokenctlError } from '../errors.ts'
import type { EpochMs } from '../tokens/time.ts'
import type { Issued } from '../tokens/token-set.ts'
import type { FoundJournal, KeptReply } from '../vault/journal.ts'
import { asResponse, judge, speaksOfTokens } from './judge.ts'
import type { Question } from './question.ts'

export type ReadableJournal = Extract<FoundJournal, { state: 'readable' }>

export interface KeptAnswers {
  /** What the last answer that issued anything issued, and when its question was sent. */
  readonly issued?: { readonly issued: Issued; readonly sentAt: EpochMs }
  /**
   * The marketplace's last word on the token, and when: GRANT_REJECTED, or ANSWER_LOST where the answer to an earlier
   * question was lost.
   */
  readonly refused?: { readonly code: 'GRANT_REJECTED' | 'ANSWER_LOST'; readonly at: EpochMs }
  /** Whether an answer is missing, so that nobody knows what became of the token. */
  readonly isUndecided: boolean
  /** Why the journal is kept for a person, and in words: an answer that nobody can read may hold the only token. */
  readonly unread?: readonly [why: string, words: string] | undefined
}

const UNREAD = {
  torn: ['torn', 'breaks off within an answer'],
  strange: ['unread', 'holds an answer that this version cannot read'],
} as const

/** Reads the answers of a journal to the question that they answer. */
export function keptAnswers(
  { undertaking, replies, hasLoss, isTorn }: ReadableJournal,
  question: Question,
): KeptAnswers {
  const judged = replies.map(reply => {
    const asked = { now: reply.sentAt }
    return { reply, result: issuedOrFailure(() => judge(asResponse(reply), question, asked)) }
  })
  // The last one that issued something counts: what came before it was superseded by the marketplace itself.
  for (const { reply, result } of judged.toReversed()) {
    if (!(result instanceof TokenctlError))
      return { issued: { issued: result, sentAt: reply.sentAt }, isUndecided: false }
  }
  const failed = judged.flatMap(({ reply, result }) =>
    result instanceof TokenctlError ? [{ reply, error: result }] : [],
  )
  const wasLost =
    undertaking.wasLost || hasLoss || isTorn || failed.some(({ error }) => error.failure === 'ambiguous')
  const last = failed.at(-1)
  if (last?.error.code === 'GRANT_REJECTED' && !isTorn) {
    const code = wasLost && undertaking.mayReplace ? 'ANSWER_LOST' : 'GRANT_REJECTED'
    return {
      refused: { code, at: last.reply.sentAt },
      isUndecided: false,
      unread: unreadOf(failed, undertaking),
    }
  }
  // After an answer that asks to come again, the token may have been sent once more.
  const mayHaveBeenSent = (last?.error.failure ?? 'transient') === 'transient'
  return {
    isUndecided: wasLost || mayHaveBeenSent,
    unread: isTorn ? UNREAD.torn : unreadOf(failed, undertaking),
  }
}

function unreadOf(
  failed: readonly { readonly reply: KeptReply; readonly error: TokenctlError }[],
  { mayReplace }: ReadableJournal['undertaking'],
): KeptAnswers['unread'] {
  const isStrange = failed.some(
    ({ reply, error }) => error.failure === 'ambiguous' && !reply.isCut && speaksOfTokens(reply.response),
  )
  return mayReplace && isStrange ? UNREAD.strange : undefined
}

function issuedOrFailure(read: () => Issued): Issued | TokenctlError {
  try {
    return read()
  } catch (error) {
    if (!isTokenctlError(error)) throw asTokenctlError(error)
    return error
  }
}
