/**
 * Authorization codes: what each was given for, and whether it is still good. Only `market.ts` turns one into tokens.
 */
import { createHash } from 'node:crypto'
import { type EpochMs, SECOND } from '../tokens/time.ts'
import { PLAIN } from './plain-vendors.ts'
import type { Account, Consent, Refused } from './records.ts'
import type { SeedApp } from './seed.ts'
import type { Seller } from './sellers.ts'
import { makeCode } from './token-shapes.ts'
import type { Vendor } from './vendors.ts'

/** How long a code lives, in seconds. */
export const CODE_SECONDS: Readonly<Record<Vendor, number>> = {
  // `expires_in` beside the code: developer.ebay.com/api-docs/static/oauth-redirect-uri.html, checked 22 Nov 2026.
  ebay: 299,
  // Five minutes: SellingPartnerApiDeveloperGuide.md of amzn/selling-partner-api-docs, checked 22 Nov 2026.
  amazon: 300,
  // Three minutes: AliExpress' page of /auth/token/create, checked 22 Nov 2026.
  aliexpress: 180,
  etsy: PLAIN.etsy.codeSeconds,
  allegro: PLAIN.allegro.codeSeconds,
  mercadolibre: PLAIN.mercadolibre.codeSeconds,
}

/** What a seller agreed to. */
export interface Agreement {
  /** Whose next consent it will be. Absent: the seller's account with the app, made if there is none. */
  readonly account?: Account
  readonly app: SeedApp
  readonly seller: Seller
  /** eBay's; empty at the others, which grant by the app's roles. */
  readonly scopes: readonly string[]
  /** What the exchange must name again: eBay's RuName, or the address given at the consent. Null: nothing. */
  readonly redirectUri: string | null
  /** What the exchange must bring the verifier of (RFC 7636). Absent: none was asked for. */
  readonly challenge?: string
}

export interface Code extends Agreement {
  readonly expiresAt: EpochMs
  /** What its first exchange made; null until then. */
  consent: Consent | null
}

export class Codes {
  readonly #codes = new Map<string, Code>()

  /** A new code as the browser brings it back, for one exchange. */
  issue(agreement: Agreement, now: EpochMs): { readonly code: string; readonly expiresAt: EpochMs } {
    const { vendor } = agreement.seller
    const code = makeCode(vendor, agreement.app.keys['appKey'] ?? '')
    const expiresAt = now + CODE_SECONDS[vendor] * SECOND
    this.#codes.set(code, { ...agreement, expiresAt, consent: null })
    return { code, expiresAt }
  }

  /** The code, or undefined for a text that is none. */
  find(text: string): Code | undefined {
    return this.#codes.get(text)
  }

  /** Why a text is no code: `encoded twice` where decoding it once more would give one. */
  whyUnknown(text: string): Refused {
    try {
      return this.#codes.has(decodeURIComponent(text)) ? 'code encoded twice' : 'unknown code'
    } catch {
      return 'unknown code'
    }
  }
}

/** Why a code is not taken; undefined when it is good. Being used before is the market's to answer. */
export function refusalOf(
  code: Code,
  by: {
    readonly app: SeedApp
    readonly redirectUri: string | null
    readonly now: EpochMs
    readonly verifier: string | null
  },
): Refused | undefined {
  if (code.app !== by.app) return 'code of another app'
  if (code.consent !== null) return 'code used twice'
  if (by.now >= code.expiresAt) return 'code expired'
  if (code.redirectUri !== null && code.redirectUri !== by.redirectUri) return 'wrong redirect_uri'
  return isProved(code.challenge, by.verifier) ? undefined : 'wrong code_verifier'
}

/** A verifier without a challenge is refused too: whoever sends one believes that it was asked for. */
function isProved(challenge: string | undefined, verifier: string | null): boolean {
  if (challenge === undefined || verifier === null) return challenge === undefined && verifier === null
  return createHash('sha256').update(verifier, 'ascii').digest('base64url') === challenge
}
