/**
 * What a marketplace remembers of a seller, and the two ways an exchange can end. Only `market.ts` makes and changes
 * these; the rest of the room reads them.
 */
import type { EpochMs } from '../tokens/time.ts'
import type { Region } from '../tokens/token-set.ts'
import type { SeedAccount, SeedApp } from './seed.ts'
import type { Seller } from './sellers.ts'
import type { Vendor } from './vendors.ts'

/** One seller's yes, with its end. A refresh never moves the end. */
export interface Consent {
  readonly at: EpochMs
  until: EpochMs
  /** eBay's: what the seller agreed to. Empty at the others. */
  readonly scopes: readonly string[]
  /** Set when a spent token was presented under `reuseRevokes`, or a used code under `codeReuseRevokes`. */
  revoked: boolean
  /** How many refresh tokens came of it. */
  generation: number
  /** The refresh token in force. */
  current: string
}

/** A seller's shop, as one app knows it. */
export interface Account {
  readonly vendor: Vendor
  readonly account: string
  readonly app: SeedApp
  readonly seller: Seller
  readonly region: Region | null
  readonly seeded: SeedAccount
  /** The last consent, which listings show. */
  consent: Consent
  /** All of them: an earlier one lives on until it ends. */
  readonly consents: Consent[]
  /** Accepted exchanges. */
  refreshes: number
  lastRefreshAt: EpochMs | null
  /** Access tokens that were issued and had not ended at the last issue. */
  access: AccessToken[]
}

/** An access token that the simulator issued. */
export interface AccessToken {
  readonly text: string
  readonly consent: Consent
  /** The consent's own, or those of them that the refresh asked for. */
  readonly scopes: readonly string[]
  readonly generation: number
  readonly issuedAt: EpochMs
  readonly expiresAt: EpochMs
}

/** An accepted exchange, before it is put into a vendor's words. */
export interface Grant {
  readonly account: Account
  readonly accessToken: string
  readonly accessSeconds: number
  readonly accessExpiresAt: EpochMs
  readonly refreshToken: string
  /** Whether the refresh token is another than the one presented. */
  readonly rotated: boolean
  readonly generation: number
  readonly consentUntil: EpochMs
  /** Whole seconds until the consent ends. */
  readonly consentLeftSeconds: number
}

/** Why a token or code was not taken, in words for the log; the client reads the vendor's own. */
export type Refused =
  | 'unknown token'
  | 'token of another app'
  | 'token of the sandbox'
  | 'consent ended'
  | 'consent revoked'
  | 'spent token'
  | 'scope outside the consent'
  | 'unknown code'
  | 'code encoded twice'
  | 'code of another app'
  | 'code used twice'
  | 'code expired'
  | 'wrong redirect_uri'
  | 'wrong code_verifier'

export interface Refusal {
  readonly refused: Refused
  readonly account: string | null
  readonly generation: number | null
}
