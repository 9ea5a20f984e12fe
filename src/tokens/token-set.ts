/**
 * What a marketplace issued, and what is kept of it. `merge` is the one place that decides which token survives an
 * answer: an answer without a refresh token keeps the old one (RFC 6749 section 6), one with another replaces it.
 */
import type { Delivery, DeliverySecrets } from './delivery.ts'
import type { Secret } from './secret.ts'
import type { Tags } from './tags.ts'
import { DAY, type EpochMs } from './time.ts'

/** The vendor's regions for an Amazon seller; other marketplaces have none. */
export const REGIONS = ['na', 'eu', 'fe'] as const
export type Region = (typeof REGIONS)[number]

/** Where a record was made, and the only place it is ever sent to. */
export const ENVIRONMENTS = ['production', 'sandbox', 'local'] as const
export type Environment = (typeof ENVIRONMENTS)[number]

/** The highest number of renewals that a document may bring: a shop renewed each second for 30 years has fewer. */
export const HIGHEST_IMPORTED_GENERATION = 1_000_000_000
/** From here on a number is not counted up safely any more. */
export const HIGHEST_COUNTED = 2 ** 52

/** What one answer said, and nothing it did not say: absent is absent, never a guess. */
export interface Issued {
  readonly accessToken: Secret
  readonly accessExpiresAt: EpochMs
  /** Absent when the answer named none: the one that was sent stays good. */
  readonly refreshToken?: Secret
  /** The consent's end as the vendor reported it; absent when it did not. */
  readonly endsAt?: EpochMs
  /** Whose shop the vendor says this is. Vendor text: harmless only after `cli/render` made it so. */
  readonly seller?: string
  /** The vendor's id of this exchange, for its support. */
  readonly requestId?: string
}

/** The last thing that was tried on an account. */
export interface Attempt {
  readonly at: EpochMs
  readonly outcome: 'renewed' | 'proved' | 'failed'
  readonly code: string | null
}

/** Failures in a row with one code; another code begins anew. */
export interface Failing {
  readonly code: string
  /** At least 1. */
  readonly count: number
  readonly since: EpochMs
  /** The vendor asked not to come back before; null when it named no time. */
  readonly notBefore: EpochMs | null
}

/** A time in which no token of an account was alive, as far as anybody knows. */
export interface Gap {
  readonly from: EpochMs
  readonly to: EpochMs
}

/**
 * The part of an account's record that is no secret: dates, states, names. Listings, filters and `status` need
 * nothing else. `null` is "unknown" or "none" throughout, so that every field is always there.
 */
export interface AccountHeader {
  /** `ebay:main` */
  readonly account: string
  /** The app whose keys refresh it, by name; null for an account that is only tracked by its dates. */
  readonly app: string | null
  /**
   * Whether that app is public, in a listing; null where that has no such app, and elsewhere. From the app's record: a
   * stored account does not hold it.
   */
  readonly isAppPublic: boolean | null
  readonly environment: Environment
  /** False for an account that `track` follows by its dates alone: there is no token here. */
  readonly holdsToken: boolean
  /** Counts accepted renewals and new tokens. Another run's renewal is told by it. */
  readonly generation: number
  /** The day of the seller's consent. */
  readonly consentAt: EpochMs | null
  /** The last renewal; null means the day of consent. */
  readonly renewedAt: EpochMs | null
  /** The consent's end as reported; null when it must be estimated. */
  readonly endsAt: EpochMs | null
  /** When the vendor last accepted the refresh token, whether or not that moved a clock. */
  readonly acceptedAt: EpochMs | null
  readonly accessExpiresAt: EpochMs | null
  readonly seller: string | null
  readonly region: Region | null
  /** The vendor's final refusal of the stored token. */
  readonly refused: { readonly code: 'GRANT_REJECTED' | 'ANSWER_LOST'; readonly at: EpochMs } | null
  /**
   * A refresh that may have replaced the token was sent at this time and its answer never stored. From the journal: a
   * stored record does not hold it.
   */
  readonly presentedAt: EpochMs | null
  /**
   * The journal holds what the next run must settle before anything else, asking nobody: an answer, a token that a person
   * brought, or what cannot be read.
   */
  readonly awaitsRecovery: boolean
  /** A pasted token waits, unproven, beside the stored one since this time. */
  readonly pendingAt: EpochMs | null
  readonly lastAttempt: Attempt | null
  /** Failures of one kind in a row, for runs that nobody watches; null after a success. */
  readonly failing: Failing | null
  /** When the account was dead, until a person says that the orders of that time were fetched. */
  readonly gap: Gap | null
  /** Where its tokens are handed on to, and what arrived there; null where they stay here. */
  readonly delivery: Delivery | null
  /** A person's own words on it, to select it by; often none. */
  readonly tags: Tags
  /** Keyed digest of the refresh token: tells two tokens apart, says nothing about either. */
  readonly fingerprint: string | null
}

/** The part that is a secret. The access token can be had again; nothing else can. */
export interface AccountSecrets {
  readonly refreshToken: Secret | null
  /** The token before this one, kept inside the record until another takes this one's place. */
  readonly previous: { readonly refreshToken: Secret; readonly generation: number } | null
  /** A pasted token not yet proven. */
  readonly pending: Secret | null
  readonly accessToken: Secret | null
  /** How tokens are handed on; there wherever the header has a delivery. */
  readonly delivery: DeliverySecrets | null
}

/** An account's whole record. */
export interface TokenSet {
  readonly header: AccountHeader
  readonly secrets: AccountSecrets
}

/** A new account: nothing known but what is given. */
export function newHeader(
  given: Pick<AccountHeader, 'account' | 'app' | 'environment' | 'holdsToken'> & Partial<AccountHeader>,
): AccountHeader {
  return {
    generation: 0,
    isAppPublic: null,
    consentAt: null,
    renewedAt: null,
    endsAt: null,
    acceptedAt: null,
    accessExpiresAt: null,
    seller: null,
    region: null,
    refused: null,
    presentedAt: null,
    awaitsRecovery: false,
    pendingAt: null,
    lastAttempt: null,
    failing: null,
    gap: null,
    delivery: null,
    tags: {},
    fingerprint: null,
    ...given,
  }
}

export const NO_SECRETS: AccountSecrets = {
  refreshToken: null,
  previous: null,
  pending: null,
  accessToken: null,
  delivery: null,
}

/**
 * The longest token that is taken from a person or a document, in characters. RFC 6749 section 4.2.2 leaves the size to
 * the vendor and tells clients to assume none; this holds off only a document that was pasted in a token's place.
 */
export const LONGEST_TOKEN = 16_384

/** Ends past this year are a vendor's slip, not a date: they would overflow calendars and screens. */
const LATEST: EpochMs = Date.UTC(9999, 0, 1)
/** The longest that an access token is believed to live; the longest documented life is AliExpress' 30 days. */
export const LONGEST_ACCESS_MS = 400 * DAY

/**
 * A vendor's date, brought between two bounds; undefined when it is none. A record that holds what is no date cannot
 * be stored, and that would cost the token issued with it.
 */
function within(at: number | undefined, first: EpochMs, last: EpochMs): EpochMs | undefined {
  return at === undefined || Number.isNaN(at) ? undefined : Math.trunc(Math.min(Math.max(at, first), last))
}

/**
 * The record after an accepted refresh. `movesClock` says whether the marketplace counts a refresh as a renewal
 * (Amazon's does not: it only proves that the token lives); `movesEnd` whether it gives as long a life again, so that an
 * end that was known before says nothing of the new token.
 */
export function merge(
  before: TokenSet,
  issued: Issued,
  now: EpochMs,
  movesClock: boolean,
  movesEnd = false,
): TokenSet {
  const current = before.secrets.refreshToken
  const next = issued.refreshToken ?? current
  const rotated = next !== null && current !== null && !next.equals(current)
  const generation = before.header.generation + 1
  return {
    header: {
      ...before.header,
      holdsToken: next !== null,
      generation,
      renewedAt: movesClock ? now : before.header.renewedAt,
      acceptedAt: now,
      // What cannot be read counts as ended: the access token is only fetched again.
      accessExpiresAt: within(issued.accessExpiresAt, now, now + LONGEST_ACCESS_MS) ?? now,
      // A reported end beats an estimate, and a refresh never moves an end that the vendor did not move.
      endsAt: within(issued.endsAt, 0, LATEST) ?? (movesEnd ? null : before.header.endsAt),
      // Of the ids that AliExpress gives a seller, an answer has now the one, now the other: the first that was told stays.
      seller: before.header.seller ?? issued.seller ?? null,
      refused: null,
      presentedAt: null,
      awaitsRecovery: false,
      failing: null,
      lastAttempt: { at: now, outcome: movesClock ? 'renewed' : 'proved', code: null },
    },
    secrets: {
      ...before.secrets,
      refreshToken: next,
      previous: rotated
        ? { refreshToken: current, generation: before.header.generation }
        : before.secrets.previous,
      accessToken: issued.accessToken,
    },
  }
}
