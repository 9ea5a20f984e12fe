/** What eBay's sellers are asked to allow. An app can name scopes of its own; what it does not name it never gets (C24). */
import type { AppKeys } from '../../tokens/app-keys.ts'

/** Lets the seller be told: without it nobody knows whose shop was connected. */
export const IDENTITY_SCOPE = 'https://api.ebay.com/oauth/api_scope/commerce.identity.readonly'

/**
 * What an app asks for that names no scopes: what keeping stock and orders in sync takes, and who the seller is. The
 * `.readonly` scopes are not added: each call that takes one takes the other as well. Evidence for each in NOTES.md.
 */
export const DEFAULT_SCOPES: readonly string[] = [
  'https://api.ebay.com/oauth/api_scope/sell.inventory',
  'https://api.ebay.com/oauth/api_scope/sell.fulfillment',
  IDENTITY_SCOPE,
]

/** The scopes that an app asks for. */
export function scopesOf(app: AppKeys): readonly string[] {
  const own =
    app['scopes']
      ?.reveal()
      .split(' ')
      .filter(scope => scope !== '') ?? []
  return own.length > 0 ? own : DEFAULT_SCOPES
}

/** What is wrong with a list of scopes, one space between; undefined when nothing is. */
export function scopesProblem(text: string): string | undefined {
  // Scopes are the same in the sandbox. `oauth/scope/sell.edelivery` is one, without the `api_`. RFC 6749 section 3.3
  // has the characters.
  const fits = text
    .split(' ')
    .every(scope => /^https:\/\/api\.ebay\.com\/oauth\/[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
  return fits
    ? undefined
    : 'holds something that is no scope of eBay (https://api.ebay.com/oauth/api_scope/…)'
}
