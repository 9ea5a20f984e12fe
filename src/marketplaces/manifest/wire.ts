/**
 * A plain OAuth 2.0 refresh on the wire, by a manifest: form body, the app's proof where the vendor wants it, no scope.
 * What the exchange of a code has in common with it is here too.
 */
import { basicAuth, type ClientAuth, publicClient, secretInBody } from '../../oauth/client-auth.ts'
import type { ReplyRules } from '../../oauth/error-reply.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { Exchange, RefreshInput } from '../adapter.ts'
import { requireAppKey } from '../app-key.ts'
import { plainRefresh } from '../plain-refresh.ts'
import { plainErrors } from './errors.ts'
import type { Manifest } from './manifest.ts'
import { withSeller } from './seller.ts'

/** The media type of the requests. @see RFC 6749 appendix B */
export const CONTENT_TYPE = 'application/x-www-form-urlencoded'

// What servers have been seen to put where they have none (`N/A`, eBay); no token is as short as that.
const REFRESH_TOKEN = /^(?!(undefined|\[object Object\])$).{8,}$/s

/** What is known of the tokens. RFC 6749 section 5.1 has the type's name in any case, and RFC 6750 is the only plain one. */
export function tokensOf({ token }: Manifest) {
  return {
    tokenTypes: ['bearer'],
    accessLifeSeconds: token.accessSeconds,
    refreshTokenShape: REFRESH_TOKEN,
  }
}

/** How the token endpoint answers. */
export function rulesOf({ id, title }: Manifest): ReplyRules {
  return {
    title,
    mediaTypes: ['application/json'],
    // No RFC names one; these two are what most that have any use (our choice).
    requestIdHeaders: ['x-request-id', 'trace-id'],
    errors: plainErrors(id, title),
  }
}

/** How an app proves itself. @throws {USAGE} when a key is missing */
export function authOf({ id, token }: Manifest, app: AppKeys): ClientAuth {
  const clientId = requireAppKey(app, 'clientId', id)
  if (token.client === 'none') return publicClient(clientId)
  const auth = token.client === 'basic' ? basicAuth : secretInBody
  return auth(clientId, requireAppKey(app, 'clientSecret', id))
}

/** Where tokens are asked for, at an origin. */
export function endpointAt({ token }: Manifest, origin: string): string {
  return `${origin}${new URL(token.address).pathname}`
}

/** The refresh by a manifest. @see RFC 6749 section 6 */
export function refreshOf(manifest: Manifest): Exchange<RefreshInput> {
  return plainRefresh({
    path: new URL(manifest.token.address).pathname,
    contentType: CONTENT_TYPE,
    authOf: app => authOf(manifest, app),
    rules: rulesOf(manifest),
    tokens: tokensOf(manifest),
    more: (issued, answer) => withSeller(issued, answer, manifest.seller),
  })
}
