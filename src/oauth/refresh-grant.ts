/**
 * The refresh grant of RFC 6749 in two functions, with no network in between: the request's bytes, and what an
 * answer's bytes issued. What differs by vendor comes in as rules; the vendors' folders hold those.
 */
import * as z from 'zod/mini'
import type { HttpRequest } from '../platform/http.ts'
import { Secret } from '../tokens/secret.ts'
import { SECOND } from '../tokens/time.ts'
import type { Issued } from '../tokens/token-set.ts'
import type { ClientAuth } from './client-auth.ts'
import { type Answer, failureByCode, failureByStatus, malformed, requestIdOf } from './error-reply.ts'
import { readJsonObject } from './json-reply.ts'
import { accessLifeSeconds, consentEnd, tokenText } from './token-fields.ts'
import { tokenRequest } from './token-request.ts'

/** What a vendor says of its tokens. */
export interface TokenRules {
  /** The values of `token_type` that it uses, in small letters. */
  readonly tokenTypes: readonly string[]
  /** An access token's documented life, for an answer that does not say. Seconds. */
  readonly accessLifeSeconds: number
}

// Unknown members are ignored (RFC 6749 section 5.1). A null is read as absent.
const RefreshReply = z.object({
  access_token: tokenText,
  token_type: z.nullish(z.string()),
  expires_in: z.optional(z.unknown()),
  refresh_token: z.nullish(tokenText),
  refresh_token_expires_in: z.optional(z.unknown()),
})

/**
 * A refresh request. No `scope` is sent: it could only narrow what the seller consented to.
 *
 * @param contentType as the vendor documents it, parameters and all.
 * @see RFC 6749 section 6
 */
export function refreshRequest(
  url: string,
  refreshToken: Secret,
  auth: ClientAuth,
  contentType: string,
): HttpRequest {
  const grant = [
    ['grant_type', 'refresh_token'],
    ['refresh_token', refreshToken.reveal()],
  ] as const
  return tokenRequest(url, grant, auth, contentType)
}

/**
 * What the answer issued, and nothing it did not say. An answer may leave out `token_type` (eBay's sometimes does),
 * but must not name one that the vendor does not use.
 *
 * @throws {GRANT_REJECTED} {CLIENT_REJECTED} {RATE_LIMITED} {MARKETPLACE_DOWN} {BUG} by the vendor's table;
 *   {REPLY_MALFORMED} `ambiguous` for anything that is no token answer.
 * @see RFC 6749 sections 5.1, 5.2 and 7.1
 */
export function processRefreshResponse(answer: Answer, rules: TokenRules): Issued {
  const { now, response } = answer
  const byStatus = failureByStatus(answer)
  if (byStatus !== undefined) throw byStatus
  const members = readJsonObject(answer)
  const inBody = members['request_id']
  if (response.status >= 400) throw failureByCode(answer, { vendorCode: members['error'], requestId: inBody })
  if (response.status !== 200)
    throw malformed(answer, 'answered with a status that no token comes with', inBody)
  const reply = RefreshReply.safeParse(members)
  if (!reply.success) throw malformed(answer, 'sent an answer without a token that can be one', inBody)
  const { access_token, token_type, refresh_token } = reply.data
  if (token_type && !rules.tokenTypes.includes(token_type.toLowerCase()))
    throw malformed(answer, 'sent a token of a kind it does not use', inBody)
  const seconds = accessLifeSeconds(reply.data.expires_in, rules.accessLifeSeconds)
  const endsAt = consentEnd(reply.data.refresh_token_expires_in, now)
  const requestId = requestIdOf(answer, inBody)
  return {
    accessToken: new Secret(access_token),
    accessExpiresAt: now + Math.floor(seconds * SECOND),
    ...(refresh_token && { refreshToken: new Secret(refresh_token) }),
    ...(endsAt !== undefined && { endsAt }),
    ...(requestId !== undefined && { requestId }),
  }
}

/**
 * What was issued, without a refresh token that is none: `undefined`, `N/A` and the like, stored, would end a shop.
 * For marketplaces that do not replace tokens, where the one that was sent stays good whatever the answer says.
 */
export function withoutMisshapen(issued: Issued, shape: RegExp): Issued {
  if (issued.refreshToken === undefined || shape.test(issued.refreshToken.reveal())) return issued
  const { refreshToken: _, ...rest } = issued
  return rest
}
