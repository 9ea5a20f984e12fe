/**
 * What eBay's REST interfaces have in common: who may ask, by a Bearer token, and how they word a refusal.
 * 401 with errorId 1001: github.com/davidtsadler/ebay-sdk-examples/issues/42; 403 with 1100: the words in
 * github.com/hendt/ebay-api/issues/148; 400 with 31000 and 31100: specs/sell_fulfillment_v1_oas3.json of hendt/ebay-api;
 * the first two checked 22 Nov 2026, the last 23 Nov 2026. The bodies of 405 and 429 are a guess.
 */
import type { EpochMs } from '../tokens/time.ts'
import type { Market } from './market.ts'
import type { AccessToken, Account } from './records.ts'
import { type Call, jsonReply, type Reply, type Whom } from './wire.ts'

const ERRORS = {
  invalid_token: [401, 1001, 'OAuth', 'REQUEST', 'Invalid access token'],
  access_denied: [403, 1100, 'ACCESS', 'REQUEST', 'Access denied'],
  internal: [500, 140000, 'API_IDENTITY', 'APPLICATION', 'There was a problem with an eBay internal system.'],
  system: [500, 30500, 'API_FULFILLMENT', 'APPLICATION', 'System error'],
  offset: [400, 31000, 'API_FULFILLMENT', 'REQUEST', 'Invalid offset'],
  limit: [400, 31100, 'API_FULFILLMENT', 'REQUEST', 'Invalid limit'],
  rate: [429, 2001, 'ACCESS', 'REQUEST', 'Too many requests'],
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

/** Whose GET it is, or why it is refused. */
export type Asker =
  | { readonly account: Account; readonly token: AccessToken; readonly whom: Whom }
  | { readonly refusal: Reply }

/** Who sends a GET: by an access token that lives, of a consent that has one of these scopes. */
export function ebayAsker(call: Call, scopes: readonly string[], market: Market, now: EpochMs): Asker {
  const refuse = (key: keyof typeof ERRORS, whom: Whom) => ({ refusal: ebayRestError(key, whom) })
  if (call.method !== 'GET') return refuse('method', { detail: 'not a GET' })
  const text = /^Bearer ([\x21-\x7e]+)$/.exec(call.headers.authorization ?? '')?.[1]
  if (text === undefined) return refuse('invalid_token', { detail: 'no Bearer header' })
  const found = market.whose(text)
  if (found === undefined || found.account.vendor !== 'ebay') {
    return refuse('invalid_token', { detail: 'unknown access token' })
  }
  const { account, token } = found
  const whom = { account: account.account, generation: token.generation }
  if (token.expiresAt <= now) return refuse('invalid_token', { ...whom, detail: 'access token ended' })
  if (token.consent.revoked || token.consent.until <= now) {
    return refuse('invalid_token', { ...whom, detail: 'consent ended' })
  }
  if (!scopes.some(scope => token.scopes.includes(scope))) {
    return refuse('access_denied', { ...whom, detail: 'scope outside the consent' })
  }
  return { account, token, whom }
}
