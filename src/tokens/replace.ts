/** What becomes of a record when a person brings a new token, or the vendor says its last word on the old one. */
import { type Failure, withFailure } from './failing.ts'
import type { Secret } from './secret.ts'
import type { EpochMs } from './time.ts'
import type { AccountHeader, TokenSet } from './token-set.ts'

/**
 * The record with a token that a person brought, as the one to be sent from now on; its consent begins at `at`.
 * What was known of the former consent (its end, its refusal) does not speak of this one. The old token stays inside
 * as `previous`.
 */
export function withNewToken(before: TokenSet, token: Secret, at: EpochMs): TokenSet {
  const old = before.secrets.refreshToken
  return {
    header: {
      ...before.header,
      holdsToken: true,
      consentAt: at,
      renewedAt: at,
      endsAt: null,
      acceptedAt: null,
      accessExpiresAt: null,
      refused: null,
      presentedAt: null,
      answerKept: false,
      pendingAt: null,
      failing: null,
    },
    secrets: {
      refreshToken: token,
      previous:
        old === null || old.equals(token)
          ? before.secrets.previous
          : { refreshToken: old, generation: before.header.generation },
      pending: null,
      accessToken: null,
    },
  }
}

/** The record with a token that nobody could prove yet, beside the stored one, which stays the one that is used. */
export function withPendingToken(before: TokenSet, token: Secret, at: EpochMs): TokenSet {
  return {
    header: { ...before.header, holdsToken: true, pendingAt: at },
    secrets: { ...before.secrets, pending: token },
  }
}

/** The record without the token that waited unproven: the vendor has refused it. The stored one is untouched. */
export function withoutPendingToken(before: TokenSet): TokenSet {
  return {
    header: { ...before.header, pendingAt: null, holdsToken: before.secrets.refreshToken !== null },
    secrets: { ...before.secrets, pending: null },
  }
}

/**
 * The header after a failed try. A final refusal is remembered; the token itself is never touched (I1).
 *
 * @param presentedBefore the mark as it was before this try. A try that certainly did not spend the token takes back its
 *   own mark and no other: what became of an earlier answer is still open then.
 */
export function afterFailure(
  header: AccountHeader,
  failure: Failure & { readonly ambiguous: boolean },
  presentedBefore: EpochMs | null,
): AccountHeader {
  const final = failure.code === 'GRANT_REJECTED' || failure.code === 'ANSWER_LOST' ? failure.code : undefined
  const stillOpen = failure.ambiguous ? header.presentedAt : presentedBefore
  return {
    ...header,
    lastAttempt: { at: failure.at, outcome: 'failed', code: failure.code },
    refused: final === undefined ? header.refused : { code: final, at: failure.at },
    // Only the vendor's last word says what became of a token that was presented.
    presentedAt: final === undefined ? stillOpen : null,
    failing: withFailure(header.failing, failure),
  }
}
