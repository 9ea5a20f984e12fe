/**
 * eBay's refresh on the wire: Basic header, form body, no scope; an answer without a refresh token. It must never send
 * a token unencoded: `^ # = + /` are in every one of them. What the exchange of a code has in common with it is here too.
 */
import { basicAuth, type ClientAuth } from '../../oauth/client-auth.ts'
import type { ReplyRules } from '../../oauth/error-reply.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { Exchange, RefreshInput } from '../adapter.ts'
import { requireAppKey } from '../app-key.ts'
import { plainRefresh } from '../plain-refresh.ts'
import { EBAY_ERRORS } from './errors.ts'

// https://developer.ebay.com/api-docs/static/oauth-refresh-token-request.html, checked 22 Nov 2026
/** The token endpoint's path. */
export const PATH = '/identity/v1/oauth2/token'
/** The media type of its requests. */
export const CONTENT_TYPE = 'application/x-www-form-urlencoded'
const ACCESS_LIFE_SECONDS = 7200
// Every token of eBay's own samples begins so. Some answers have been seen to say `N/A` where they have none.
const REFRESH_TOKEN = /^v\^1/
// `User Access Token` by the same page; `bearer` should eBay ever follow RFC 6750.
const TOKEN_TYPES = ['user access token', 'bearer']
/** What eBay says of its tokens. */
export const TOKENS = {
  tokenTypes: TOKEN_TYPES,
  accessLifeSeconds: ACCESS_LIFE_SECONDS,
  refreshTokenShape: REFRESH_TOKEN,
}

/** How eBay answers a refresh. */
export const RULES: ReplyRules = {
  title: 'eBay',
  mediaTypes: ['application/json'],
  // eBay's support asks for the rlogid: https://github.com/hendt/ebay-api/issues/113, checked 22 Nov 2026
  requestIdHeaders: ['rlogid', 'x-ebay-c-request-id'],
  errors: EBAY_ERRORS,
}

/** How an app proves itself to eBay. @throws {USAGE} when a key is missing */
export function authOf(app: AppKeys): ClientAuth {
  return basicAuth(requireAppKey(app, 'clientId', 'ebay'), requireAppKey(app, 'clientSecret', 'ebay'))
}

/**
 * eBay's refresh.
 *
 * @see https://developer.ebay.com/api-docs/static/oauth-refresh-token-request.html
 */
export const refresh: Exchange<RefreshInput> = plainRefresh({
  path: PATH,
  contentType: CONTENT_TYPE,
  authOf,
  rules: RULES,
  tokens: TOKENS,
})
