/**
 * AliExpress' system interfaces as its pages have them: signed calls, and errors inside HTTP 200. Signature:
 * openservice.aliexpress.com/doc/doc.htm#/?docId=1367; refresh: the page of /auth/token/refresh; checked 22 Nov 2026.
 * The signature is computed here from that page, never by the adapter's code: a shared mistake would cancel out.
 */
import { createHmac } from 'node:crypto'
import { type EpochMs, SECOND } from '../tokens/time.ts'
import type { Market } from './market.ts'
import type { Grant, Refusal } from './records.ts'
import { makeRequestId } from './token-shapes.ts'
import {
  type Call,
  isWrong,
  jsonReply,
  mediaType,
  type Parsed,
  parseForm,
  type Reply,
  type Whom,
} from './wire.ts'

const BASE = '/rest'

/** The four system interfaces; the two `security` ones answer with fewer account fields. */
export const ALIEXPRESS_PATHS = [
  '/rest/auth/token/refresh',
  '/rest/auth/token/security/refresh',
  '/rest/auth/token/create',
  '/rest/auth/token/security/create',
] as const

const ERRORS = {
  IllegalRefreshToken: ['ISV', 'The specified refresh token is invalid or expired'],
  InvalidCode: ['ISV', 'Invalid authorization code'],
  InvalidAppkey: ['ISV', 'The specified App Key is invalid'],
  IncompleteSignature: ['ISV', 'The request signature does not conform to platform standards'],
  IllegalTimestamp: ['ISV', 'The specified timestamp is out of range'],
  MissingParameter: ['ISV', 'A parameter that is mandatory for this request is not supplied'],
  ApiCallLimit: ['ISV', 'API access frequency exceeds the limit. this ban will last 1 seconds'],
  ServiceUnavailable: ['SYSTEM', 'The service is unavailable'],
} as const satisfies Record<string, readonly [type: string, message: string]>

/** A refusal of a system interface: HTTP 200, the error at the root. */
export function aliexpressError(code: keyof typeof ERRORS, whom: Whom = {}): Reply {
  const [type, message] = ERRORS[code]
  return jsonReply(200, { type, code, message, request_id: makeRequestId() }, code, whom)
}

/** The same in the shape of a business interface: under `error_response`, the text in `msg`. */
export function aliexpressErrorResponse(code: keyof typeof ERRORS, whom: Whom = {}): Reply {
  const [type, msg] = ERRORS[code]
  const error = { type, code, msg, request_id: makeRequestId(), _trace_id_: makeRequestId() }
  return jsonReply(200, { error_response: error }, code, whom)
}

/** What AliExpress expects in `sign`: upper-case hexadecimal of HMAC-SHA256 over path and sorted parameters. */
export function aliexpressSignature(
  apiPath: string,
  parameters: ReadonlyMap<string, string>,
  appSecret: string,
): string {
  const names = [...parameters.keys()].filter(name => name !== 'sign')
  // By bytes, not by a locale: `_` stands between upper and lower case.
  names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const text = apiPath + names.map(name => name + (parameters.get(name) ?? '')).join('')
  return createHmac('sha256', appSecret).update(text, 'utf8').digest('hex').toUpperCase()
}

// Address and body together hold the parameters, as the vendor's own client sends them. A token in the address of a
// POST is refused all the same: no client needs it there, and addresses are what logs keep.
function parse(call: Call): Parsed {
  const query = parseForm(call.query)
  if (isWrong(query) || call.method === 'GET') return query
  if (query.has('refresh_token') || query.has('code')) return { wrong: 'a secret in the address' }
  if (mediaType(call) !== 'application/x-www-form-urlencoded') return { wrong: 'wrong content type' }
  const body = parseForm(call.body.toString('latin1'))
  if (isWrong(body)) return body
  if ([...body.keys()].some(name => query.has(name))) return { wrong: 'a parameter in address and body' }
  return new Map([...query, ...body])
}

// "less than 7200 s": docId of /auth/token/create, checked 22 Nov 2026.
const TOLERANCE_MS = 7200 * SECOND

function isTimely(timestamp: string, now: EpochMs): boolean {
  return /^\d{1,16}$/.test(timestamp) && Math.abs(Number(timestamp) - now) < TOLERANCE_MS
}

/** AliExpress' answer to one call. */
export function answerAliexpress(call: Call, market: Market, now: EpochMs): Reply {
  const apiPath = call.path.slice(BASE.length)
  const isRefresh = apiPath.endsWith('/refresh')
  const subject = isRefresh ? 'refresh_token' : 'code'
  const missing = (detail: string) => aliexpressError('MissingParameter', { detail })
  if (call.method !== 'POST' && call.method !== 'GET') return missing('neither POST nor GET')
  const parameters = parse(call)
  if (isWrong(parameters)) return missing(parameters.wrong)
  for (const name of ['app_key', 'timestamp', 'sign_method', 'sign', subject]) {
    if (!parameters.get(name)) return missing(`no ${name}`)
  }
  const app = market.appOf('aliexpress', parameters.get('app_key') ?? '')
  if (app === undefined) return aliexpressError('InvalidAppkey', { detail: 'unknown app key' })
  if (!isTimely(parameters.get('timestamp') ?? '', now)) return aliexpressError('IllegalTimestamp')
  if (parameters.get('sign_method') !== 'sha256') {
    return aliexpressError('IncompleteSignature', { detail: 'sign_method is not sha256' })
  }
  const sign = aliexpressSignature(apiPath, parameters, app.keys['appSecret'] ?? '')
  if (parameters.get('sign') !== sign)
    return aliexpressError('IncompleteSignature', { detail: 'wrong signature' })
  // The official table of errors names `uuid` as a cause of InvalidCode.
  if (!isRefresh && parameters.has('uuid')) return aliexpressError('InvalidCode', { detail: 'uuid was sent' })

  const token = parameters.get(subject) ?? ''
  const result = isRefresh ? market.refresh(app, token, now) : market.redeem(app, token, null, now)
  return reply(result, isRefresh, apiPath.includes('/security/'))
}

function reply(result: Grant | Refusal, isRefresh: boolean, isSecurity: boolean): Reply {
  if ('refused' in result) {
    const whom = { detail: result.refused, account: result.account, generation: result.generation }
    return aliexpressError(isRefresh ? 'IllegalRefreshToken' : 'InvalidCode', whom)
  }
  const { account, generation } = result
  const { id: sellerId, name } = account.seller
  const body = {
    refresh_token_valid_time: String(result.consentUntil),
    // Which fields the security interfaces leave out is said nowhere; these two are a guess.
    ...(!isSecurity && { havana_id: `17${sellerId}`, account: `${name}@example.com` }),
    expire_time: String(result.accessExpiresAt),
    locale: 'en_US',
    user_nick: name,
    access_token: result.accessToken,
    refresh_token: result.refreshToken,
    user_id: sellerId,
    account_platform: 'seller_center',
    refresh_expires_in: String(result.consentLeftSeconds),
    expires_in: String(result.accessSeconds),
    sp: 'ae',
    seller_id: sellerId,
    code: '0',
    request_id: makeRequestId(),
    _trace_id_: makeRequestId(),
  }
  return jsonReply(200, body, isRefresh ? 'refreshed' : 'exchanged', { account: account.account, generation })
}
