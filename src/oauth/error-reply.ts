/**
 * From an answer that is no success to a named failure: first by status, then by the vendor's error code in a table.
 * Free text from a vendor (`error_description`, `message`) is never shown: servers have been seen to echo the very
 * token they refuse. Nor is a parser's own error kept as a cause, since it quotes the body.
 */
import { type ErrorCode, type FailureClass, TokenctlError } from '../errors.ts'
import type { HttpResponse } from '../platform/http.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import { parseRetryAfter } from './retry-after.ts'
import { showableCode, showableId } from './vendor-text.ts'

/** What one error code of a vendor means. */
export interface ErrorRow {
  /** The vendor's word, exactly: `invalid_grant`, `IllegalRefreshToken`. */
  readonly code: string
  /** The HTTP statuses on which the vendor means it; any but 429 and 5xx when absent. */
  readonly statuses?: readonly number[]
  readonly becomes: ErrorCode
  readonly failure: FailureClass
  /** What the vendor did, to follow its name: "eBay refused the refresh token". */
  readonly words: string
  /** What mends it, in whole sentences; the code's own mend when absent. */
  readonly fix?: string
}

/** What is known of a token endpoint's answers. */
export interface ReplyRules {
  /** The marketplace's name, which begins every message. */
  readonly title: string
  /** Media types in which it answers, in small letters, without parameters. */
  readonly mediaTypes: readonly string[]
  /** Headers that may hold its id of the exchange, best first, in small letters. */
  readonly requestIdHeaders: readonly string[]
  /** The first row that fits counts. */
  readonly errors: readonly ErrorRow[]
  /** What a code in no row means; absent: the app is refused, and the refresh token was not harmed. */
  readonly otherwise?: Verdict
}

/** An answer with all that is needed to judge it. */
export interface Answer {
  readonly response: HttpResponse
  readonly rules: ReplyRules
  readonly now: EpochMs
  /** The secrets that were sent: an answer that echoes one must not get it onto a screen. */
  readonly sent: readonly Secret[]
}

interface Details {
  /** The vendor's error code, as it came. */
  readonly vendorCode?: unknown
  /** The vendor's id of the exchange where the body has it. */
  readonly requestId?: unknown
  readonly retryAfterMs?: number | undefined
}

/** A row's meaning without its code. */
export type Verdict = Omit<ErrorRow, 'code' | 'statuses'>

const RATE_LIMITED: Verdict = { becomes: 'RATE_LIMITED', failure: 'transient', words: 'asks for a pause' }
// Ambiguous: a server has been seen to rotate the token first and answer 500 after it (etsy/open-api issue 549).
const DOWN: Verdict = { becomes: 'MARKETPLACE_DOWN', failure: 'ambiguous', words: 'is out of order' }
// A refusal in the 4xx is about what was sent, and tokens have codes of their own: what is left is the app. Exit 3,
// so that a person sees it, and never `permanent`: an unknown word must not cost a consent.
/** What a code in no row means on a refresh. */
export const REFUSED: Verdict = {
  becomes: 'CLIENT_REJECTED',
  failure: 'configuration',
  words: 'refused the request for a reason that tokenctl does not know',
  fix: "Check the app keys and the app's state in the marketplace's developer console. The refresh token was not harmed.",
}

/** The marketplace's id of this exchange, from its headers or else from its body; undefined when it gave none. */
export function requestIdOf(answer: Answer, fromBody?: unknown): string | undefined {
  const { headers } = answer.response
  for (const name of answer.rules.requestIdHeaders) {
    const id = showableId(headers[name], answer.sent)
    if (id !== undefined) return id
  }
  return showableId(fromBody, answer.sent)
}

/**
 * The failure that the status alone tells: 429 is RATE_LIMITED (`transient`), 5xx and 408 MARKETPLACE_DOWN
 * (`ambiguous`), whatever the body says. Undefined for every other status.
 *
 * @see RFC 6585 section 4; RFC 9110 sections 15.5.9 and 15.6
 */
export function failureByStatus(answer: Answer): TokenctlError | undefined {
  const { status } = answer.response
  if (status === 429) return failure(answer, RATE_LIMITED, {})
  if (status === 408 || status >= 500) return failure(answer, DOWN, {})
  return undefined
}

/**
 * The failure that a vendor's error code tells, by the first row of the table that fits code and status. A code that
 * is in no row is CLIENT_REJECTED (`configuration`), or what `otherwise` says; it is shown only if it looks like one.
 */
export function failureByCode(
  answer: Answer,
  details: Details,
  otherwise: Verdict = answer.rules.otherwise ?? REFUSED,
): TokenctlError {
  const { status } = answer.response
  const row = answer.rules.errors.find(
    ({ code, statuses }) => code === details.vendorCode && (statuses?.includes(status) ?? true),
  )
  return failure(answer, row ?? otherwise, details)
}

/** REPLY_MALFORMED, `ambiguous`: an answer came, but not one that the marketplace gives. `words` follow its name. */
export function malformed(answer: Answer, words: string, requestId?: unknown): TokenctlError {
  return failure(answer, { becomes: 'REPLY_MALFORMED', failure: 'ambiguous', words }, { requestId })
}

function failure(answer: Answer, verdict: Verdict, details: Details): TokenctlError {
  const { response, rules, now, sent } = answer
  const code = showableCode(details.vendorCode, sent)
  const told = [code, `HTTP ${response.status}`].filter(part => part !== undefined).join(', ')
  const requestId = requestIdOf(answer, details.requestId)
  const retryAfterMs = details.retryAfterMs ?? parseRetryAfter(response.headers['retry-after'], now)
  return new TokenctlError(verdict.becomes, `${rules.title} ${verdict.words} (${told}).`, {
    failure: verdict.failure,
    ...(verdict.fix !== undefined && { fix: verdict.fix }),
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}
