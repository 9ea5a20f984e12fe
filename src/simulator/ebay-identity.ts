/**
 * eBay's harmless call that tells whose an access token is: specs/commerce_identity_v1_oas3.json of hendt/ebay-api.
 * 401 with errorId 1001: github.com/davidtsadler/ebay-sdk-examples/issues/42; 403 with 1100: the words in
 * github.com/hendt/ebay-api/issues/148; all checked 22 Nov 2026. The bodies of 405 and 429 are a guess.
 */
import type { EpochMs } from '../tokens/time.ts'
import { IDENTITY_SCOPE } from './ebay-scopes.ts'
import type { Market } from './market.ts'
import { type Call, jsonReply, type Reply, type Whom } from './wire.ts'

/** On the host `apiz`, where the token endpoint is not. */
export const EBAY_IDENTITY_PATHS = ['/commerce/identity/v1/user/'] as const

const ERRORS = {
  invalid_token: [401, 1001, 'OAuth', 'REQUEST', 'Invalid access token'],
  access_denied: [403, 1100, 'ACCESS', 'REQUEST', 'Access denied'],
  internal: [500, 140000, 'API_IDENTITY', 'APPLICATION', 'There was a problem with an eBay internal system.'],
  limit: [429, 2001, 'ACCESS', 'REQUEST', 'Too many requests'],
  method: [405, 1005, 'ACCESS', 'REQUEST', 'Method not allowed'],
} as const satisfies Record<string, readonly [number, number, string, string, string]>

const LONG: Readonly<Record<string, string>> = {
  invalid_token: 'Invalid access token. Check the value of the Authorization HTTP request header.',
  access_denied: 'Insufficient permissions to fulfill the request.',
}

/** A refusal as eBay's REST interfaces word theirs: under `errors`. */
export function ebayRestError(key: keyof typeof ERRORS, whom: Whom = {}, status?: number): Reply {
  const [usual, errorId, domain, category, message] = ERRORS[key]
  const error = { errorId, domain, category, message, longMessage: LONG[key] ?? message }
  return jsonReply(status ?? usual, { errors: [error] }, String(errorId), whom)
}

/** eBay's answer to one call. */
export function answerEbayIdentity(call: Call, market: Market, now: EpochMs): Reply {
  if (call.method !== 'GET') return ebayRestError('method', { detail: 'not a GET' })
  const token = /^Bearer ([\x21-\x7e]+)$/.exec(call.headers.authorization ?? '')?.[1]
  if (token === undefined) return ebayRestError('invalid_token', { detail: 'no Bearer header' })
  const found = market.whose(token)
  if (found === undefined || found.account.vendor !== 'ebay') {
    return ebayRestError('invalid_token', { detail: 'unknown access token' })
  }
  const { account, token: issued } = found
  const whom = { account: account.account, generation: issued.generation }
  if (issued.expiresAt <= now)
    return ebayRestError('invalid_token', { ...whom, detail: 'access token ended' })
  if (issued.consent.revoked || issued.consent.until <= now) {
    return ebayRestError('invalid_token', { ...whom, detail: 'consent ended' })
  }
  if (!issued.scopes.includes(IDENTITY_SCOPE)) {
    return ebayRestError('access_denied', { ...whom, detail: 'scope outside the consent' })
  }
  const { name, id } = account.seller
  const body = {
    userId: id,
    username: name,
    accountType: 'BUSINESS',
    registrationMarketplaceId: 'EBAY_US',
    status: 'CONFIRMED',
    businessAccount: { name, email: `${name}@example.com` },
  }
  return jsonReply(200, body, 'identified', whom)
}
