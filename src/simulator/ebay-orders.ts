/**
 * eBay's `getOrders`, a page at a time: specs/sell_fulfillment_v1_oas3.json of hendt/ebay-api, checked 23 Nov 2026. The
 * one seller API here: so that a script which uses an access token can be tried to its end. `filter` and the other
 * parameters are taken and change nothing; of an order only a few fields are made up.
 */
import { createHash } from 'node:crypto'
import { DAY, type EpochMs } from '../tokens/time.ts'
import { ebayAsker, ebayRestError } from './ebay-rest.ts'
import { FULFILLMENT_SCOPES } from './ebay-scopes.ts'
import type { Market } from './market.ts'
import type { Seller } from './sellers.ts'
import { type Call, jsonReply, type Reply } from './wire.ts'

/** On the host `api`. */
export const EBAY_ORDERS_PATHS = ['/sell/fulfillment/v1/order'] as const

/** Every shop here sold as much, the same orders at each call. */
const ORDERS = 5
/** The spec's "Default: 50" and "Maximum: 200", checked 23 Nov 2026. */
const DEFAULT_LIMIT = 50
const HIGHEST_LIMIT = 200

/** eBay's answer to one call. */
export function answerEbayOrders(call: Call, market: Market, now: EpochMs): Reply {
  const asker = ebayAsker(call, FULFILLMENT_SCOPES, market, now)
  if ('refusal' in asker) return asker.refusal
  const asked = new URLSearchParams(call.query)
  const limit = whole(asked.get('limit'), DEFAULT_LIMIT)
  if (limit < 1 || limit > HIGHEST_LIMIT) return ebayRestError('limit', asker.whom)
  const offset = whole(asked.get('offset'), 0)
  if (offset < 0) return ebayRestError('offset', asker.whom)
  const at = (from: number) => {
    asked.set('limit', String(limit))
    asked.set('offset', String(from))
    return `http://${call.headers.host ?? ''}${call.path}?${asked}`
  }
  const body = {
    href: at(offset),
    total: ORDERS,
    limit,
    offset,
    orders: Array.from({ length: ORDERS }, (_, index) => order(asker.account.seller, index, now)).slice(
      offset,
      offset + limit,
    ),
    ...(offset + limit < ORDERS && { next: at(offset + limit) }),
    ...(offset > 0 && { prev: at(Math.max(0, offset - limit)) }),
  }
  return jsonReply(200, body, 'orders listed', asker.whom)
}

/** A whole number, -1 for what is none. */
function whole(text: string | null, byDefault: number): number {
  if (text === null) return byDefault
  return /^\d{1,6}$/.test(text) ? Number(text) : -1
}

function order({ id, name }: Seller, index: number, now: EpochMs) {
  const digits = BigInt(`0x${createHash('sha256').update(`${id} ${index}`).digest('hex').slice(0, 15)}`)
  const [, a, b, c] = /^(\d\d)(\d{5})(\d{5})/.exec(String(digits).padEnd(12, '0')) ?? []
  const day = new Date(now - (now % DAY) - (index + 1) * DAY).toISOString()
  return {
    orderId: `${a}-${b}-${c}`,
    creationDate: day,
    lastModifiedDate: day,
    orderFulfillmentStatus: 'NOT_STARTED',
    orderPaymentStatus: 'PAID',
    sellerId: name,
  }
}
