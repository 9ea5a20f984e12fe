/**
 * From one call to one answer: which marketplace it is for, what that marketplace says, and what it says instead when
 * a fault is due. The market changes only when the request is carried out.
 */
import type { EpochMs } from '../tokens/time.ts'
import { ALIEXPRESS_PATHS, aliexpressError, aliexpressErrorResponse, answerAliexpress } from './aliexpress.ts'
import { AMAZON_PATHS, amazonError, amazonInvalidClient, amazonInvalidGrant, answerAmazon } from './amazon.ts'
import { answerEbay, EBAY_PATHS, ebayError } from './ebay.ts'
import { answerEbayIdentity, EBAY_IDENTITY_PATHS } from './ebay-identity.ts'
import { answerEbayOrders, EBAY_ORDERS_PATHS } from './ebay-orders.ts'
import { ebayRestError } from './ebay-rest.ts'
import { FAULT_TARGETS, type Fault, type FaultTarget, type PlannedFault } from './faults.ts'
import type { Market } from './market.ts'
import { answerPlain, plainError } from './plain.ts'
import { PLAIN } from './plain-vendors.ts'
import type { PlainVendor } from './vendors.ts'
import type { Call, Reply } from './wire.ts'

interface Side {
  readonly paths: readonly string[]
  readonly answer: (call: Call, market: Market, now: EpochMs) => Reply
  /** What the marketplace says in its own words when it is told to fail. */
  readonly refusals: Readonly<
    Record<'consent-ended' | 'secret-expired' | 'error-200' | 'call-limit', () => Reply>
  >
}

const FAULT = { detail: 'by fault' }

const plainSide = (vendor: PlainVendor): Side => ({
  paths: [PLAIN[vendor].tokenPath],
  answer: (call, market, now) => answerPlain(vendor, call, market, now),
  refusals: {
    'consent-ended': () => plainError('invalid_grant', FAULT),
    'secret-expired': () => plainError('invalid_client', FAULT),
    'error-200': () => plainError('temporarily_unavailable', FAULT, 200),
    'call-limit': () => plainError('temporarily_unavailable', FAULT, 429),
  },
})

const SIDES: Readonly<Record<FaultTarget, Side>> = {
  etsy: plainSide('etsy'),
  allegro: plainSide('allegro'),
  mercadolibre: plainSide('mercadolibre'),
  ebay: {
    paths: EBAY_PATHS,
    answer: answerEbay,
    refusals: {
      'consent-ended': () => ebayError('invalid_grant', FAULT),
      'secret-expired': () => ebayError('invalid_client', FAULT),
      'error-200': () => ebayError('temporarily_unavailable', FAULT, 200),
      // The body is published nowhere.
      'call-limit': () => ebayError('temporarily_unavailable', FAULT, 429),
    },
  },
  amazon: {
    paths: AMAZON_PATHS,
    answer: answerAmazon,
    refusals: {
      'consent-ended': () => amazonInvalidGrant('refresh_token', FAULT),
      'secret-expired': () => amazonInvalidClient(FAULT.detail),
      'error-200': () => amazonError('server_error', 'The server encountered an error', FAULT, 200),
      // The body is published nowhere.
      'call-limit': () => amazonError('server_error', 'The request rate is too high', FAULT, 429),
    },
  },
  aliexpress: {
    paths: ALIEXPRESS_PATHS,
    answer: answerAliexpress,
    refusals: {
      'consent-ended': () => aliexpressError('IllegalRefreshToken', FAULT),
      // The vendor knows no end of a secret; a secret that is no longer the app's makes a wrong signature.
      'secret-expired': () => aliexpressError('IncompleteSignature', FAULT),
      'error-200': () => aliexpressErrorResponse('ServiceUnavailable', FAULT),
      'call-limit': () => aliexpressError('ApiCallLimit', FAULT),
    },
  },
  'ebay-identity': {
    paths: EBAY_IDENTITY_PATHS,
    answer: answerEbayIdentity,
    refusals: {
      'consent-ended': () => ebayRestError('invalid_token', FAULT),
      // The call knows no secret; an app that is shut off has dead tokens.
      'secret-expired': () => ebayRestError('invalid_token', FAULT),
      'error-200': () => ebayRestError('internal', FAULT, 200),
      'call-limit': () => ebayRestError('rate', FAULT),
    },
  },
  'ebay-orders': {
    paths: EBAY_ORDERS_PATHS,
    answer: answerEbayOrders,
    refusals: {
      'consent-ended': () => ebayRestError('invalid_token', FAULT),
      'secret-expired': () => ebayRestError('invalid_token', FAULT),
      'error-200': () => ebayRestError('system', FAULT, 200),
      'call-limit': () => ebayRestError('rate', FAULT),
    },
  },
}

/** Who answers at a path: a marketplace's token endpoint, or one of eBay's two calls by an access token. */
export function targetOf(path: string): FaultTarget | undefined {
  return FAULT_TARGETS.find(target => SIDES[target].paths.includes(path))
}

/** Carries the request out and says what the marketplace answers. */
export function answerOf(target: FaultTarget, call: Call, market: Market, now: EpochMs): Reply {
  return SIDES[target].answer(call, market, now)
}

function page(status: number, title: string, outcome: string, headers: Record<string, string> = {}): Reply {
  const body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`
  return {
    status,
    headers: { 'content-type': 'text/html;charset=UTF-8', ...headers },
    body,
    outcome,
    detail: FAULT.detail,
    account: null,
    generation: null,
  }
}

const GATEWAY_TITLES: Readonly<Record<string, string>> = {
  '500': '500 Internal Server Error',
  '502': '502 Bad Gateway',
  '503': '503 Service Unavailable',
}

/** The web page of a gateway that fails, for `500`, `502` or `503`, with or without `-after`. */
export function gatewayPage(fault: Fault): Reply | undefined {
  const status = fault.slice(0, 3)
  const title = GATEWAY_TITLES[status]
  return title === undefined ? undefined : page(Number(status), title, status)
}

/**
 * What is answered in place of carrying the request out; undefined where nothing is (`reset`).
 *
 * @param elsewhere the address that `redirect` names.
 */
export function answerInstead(
  target: FaultTarget,
  planned: PlannedFault,
  elsewhere: string,
): Reply | undefined {
  const { refusals } = SIDES[target]
  switch (planned.fault) {
    case 'consent-ended':
    case 'secret-expired':
    case 'error-200':
    case 'call-limit':
      return refusals[planned.fault]()
    case '429':
      return page(429, '429 Too Many Requests', '429', { 'retry-after': String(planned.retryAfterSeconds) })
    case 'html':
      return page(200, 'Welcome to the guest network', 'html')
    case 'redirect':
      return page(307, '307 Temporary Redirect', 'redirect', { location: elsewhere })
    default:
      return gatewayPage(planned.fault)
  }
}
