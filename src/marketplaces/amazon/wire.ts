/**
 * Login with Amazon's refresh on the wire: all in the form body, no Basic header. It goes to Amazon's login host, never
 * to a Selling Partner API host, which answers 403 to it. What the exchange of a code has in common with it is here too.
 */
import { type ClientAuth, secretInBody } from '../../oauth/client-auth.ts'
import type { ReplyRules } from '../../oauth/error-reply.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { Exchange, RefreshInput } from '../adapter.ts'
import { requireAppKey } from '../app-key.ts'
import { plainRefresh } from '../plain-refresh.ts'
import { AMAZON_ERRORS } from './errors.ts'

// SellingPartnerApiDeveloperGuide.md in amzn/selling-partner-api-docs at c2888de, checked 22 Nov 2026
/** The token endpoint's path. */
export const PATH = '/auth/o2/token'
/** The media type of its requests. */
export const CONTENT_TYPE = 'application/x-www-form-urlencoded;charset=UTF-8'
// https://developer.amazon.com/docs/login-with-amazon/refresh-token.html, checked 22 Nov 2026
/** What Amazon says of its tokens. */
export const TOKENS = { tokenTypes: ['bearer'], accessLifeSeconds: 3600, refreshTokenShape: /^Atzr\|/ }

/** How Amazon answers a refresh. */
export const RULES: ReplyRules = {
  title: 'Amazon',
  mediaTypes: ['application/json'],
  // https://developer-docs.amazon.com/sp-api/docs/response-format, checked 22 Nov 2026
  requestIdHeaders: ['x-amzn-requestid'],
  errors: AMAZON_ERRORS,
}

/** How an app proves itself to Amazon. @throws {USAGE} when a key is missing */
export function authOf(app: AppKeys): ClientAuth {
  return secretInBody(requireAppKey(app, 'clientId', 'amazon'), requireAppKey(app, 'clientSecret', 'amazon'))
}

/**
 * Login with Amazon's refresh. The answer names the refresh token that was sent; should it name another, that one counts.
 *
 * @see https://developer.amazon.com/docs/login-with-amazon/refresh-token.html
 */
export const refresh: Exchange<RefreshInput> = plainRefresh({
  path: PATH,
  contentType: CONTENT_TYPE,
  authOf,
  rules: RULES,
  tokens: TOKENS,
})
