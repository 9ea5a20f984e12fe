/**
 * eBay's harmless call that tells whose an access token is: specs/commerce_identity_v1_oas3.json of hendt/ebay-api,
 * checked 22 Nov 2026.
 */
import type { EpochMs } from '../tokens/time.ts'
import { ebayAsker } from './ebay-rest.ts'
import { IDENTITY_SCOPE } from './ebay-scopes.ts'
import type { Market } from './market.ts'
import { type Call, jsonReply, type Reply } from './wire.ts'

/** On the host `apiz`, where the token endpoint is not. */
export const EBAY_IDENTITY_PATHS = ['/commerce/identity/v1/user/'] as const

/** eBay's answer to one call. */
export function answerEbayIdentity(call: Call, market: Market, now: EpochMs): Reply {
  const asker = ebayAsker(call, [IDENTITY_SCOPE], market, now)
  if ('refusal' in asker) return asker.refusal
  const { name, id } = asker.account.seller
  const body = {
    userId: id,
    username: name,
    accountType: 'BUSINESS',
    registrationMarketplaceId: 'EBAY_US',
    status: 'CONFIRMED',
    businessAccount: { name, email: `${name}@example.com` },
  }
  return jsonReply(200, body, 'identified', asker.whom)
}
