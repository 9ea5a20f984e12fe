/**
 * What the three consent pages have in common and where they differ, as types. Each vendor's file reads its own
 * parameters and words its own refusals; `consent.ts` shows the page and takes the answer.
 */
import type { Market } from './market.ts'
import type { SeedApp } from './seed.ts'
import type { Seller } from './sellers.ts'
import type { Reply } from './wire.ts'

/** A consent that was asked for rightly. */
export interface ConsentAsk {
  readonly app: SeedApp
  /** Returned as it came; null when none was sent. */
  readonly state: string | null
  /** eBay's; empty at the others. */
  readonly scopes: readonly string[]
  /** Whether the page must ask who it is, though the browser is signed in already. */
  readonly freshSignIn: boolean
  /** What the exchange must name again (RFC 6749, 4.1.3); null for nothing. */
  readonly redirectUri: string | null
  /** The digest of a verifier that the exchange must bring (RFC 7636); absent where none was sent. */
  readonly challenge?: string
  /** The address the browser goes to when the seller agrees. */
  readonly accepted: string
  /** The same when the seller declines. */
  readonly declined: string
}

export type Parameters = readonly (readonly [name: string, value: string])[]

/** One vendor's consent page. */
export interface ConsentSide {
  readonly path: string
  /** The name shown: `eBay`. */
  readonly title: string
  /** Whether the page of a signed-in browser offers another account. */
  readonly offersSwitch: boolean
  /** The consent asked for, or the vendor's refusal. Parameters it does not know are passed over (RFC 6749, 3.1). */
  read(parameters: ReadonlyMap<string, string>, market: Market): ConsentAsk | Reply
  /** The refusal of an address that cannot be read. */
  malformed(detail: string): Reply
  /** What the redirect of a consent carries. */
  granted(code: string, seller: Seller): Parameters
}

/** Longer than any state that a client needs. A guess: no vendor states a limit. */
export const LONGEST_STATE = 1024
