/** What becomes of a record when a person brings a new token, or the vendor says its last word on the old one. */
import { type Failure, withFailure } from './failing.ts'
import type { Secret } from './secret.ts'
import type { EpochMs } from './time.ts'
import { type AccountHeader, type Issued, merge, type TokenSet } from './token-set.ts'

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
      awaitsRecovery: false,
      pendingAt: null,
      failing: null,
      // Whose token it is, nobody has said yet.
      seller: null,
    },
    secrets: {
      refreshToken: token,
      previous:
        old === null || old.equals(token)
          ? before.secrets.previous
          : { refreshToken: old, generation: before.header.generation },
      pending: null,
      accessToken: null,
      // The shop's integration needs the new token as it needed the old one.
      delivery: before.secrets.delivery,
    },
  }
}

/** The record with a token that nobody could prove yet, beside the stored one, which stays the one that is used. */
export function withPendingToken(before: TokenSet, token: Secret, at: EpochMs): TokenSet {
  return {
    // What failed before says nothing of the new token.
    header: { ...before.header, holdsToken: true, pendingAt: at, failing: null },
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
 * The record after the vendor took a pasted token: on every marketplace that is a renewal, whatever a refresh is there.
 *
 * @param candidate the record with that token, as `withNewToken` makes it.
 */
export function proven(candidate: TokenSet, issued: Issued, at: EpochMs): TokenSet {
  const { header, secrets } = merge(candidate, issued, at, false)
  return { header: { ...header, lastAttempt: { at, outcome: 'renewed', code: null } }, secrets }
}

/**
 * The header after a failed try. A final refusal is remembered; the token itself is never touched (I1), and what became
 * of it is the journal's to say.
 */
export function afterFailure(header: AccountHeader, failure: Failure): AccountHeader {
  const final = failure.code === 'GRANT_REJECTED' || failure.code === 'ANSWER_LOST' ? failure.code : undefined
  return {
    ...header,
    lastAttempt: { at: failure.at, outcome: 'failed', code: failure.code },
    // The first refusal of a token says when and why it died; asking a dead token again tells nothing new.
    refused: header.refused ?? (final === undefined ? null : { code: final, at: failure.at }),
    failing: withFailure(header.failing, failure),
  }
}

/**
 * The header after the vendor said of its own accord that the consent ended at `at`. Nothing was tried, and the token is
 * not touched. A refusal that is known stays: it says when and why the token died.
 */
export function afterRevocation(header: AccountHeader, at: EpochMs): AccountHeader {
  return { ...header, refused: header.refused ?? { code: 'GRANT_REJECTED', at } }
}
