/**
 * Login with Amazon's token endpoint as its pages and published answers have it: SellingPartnerApiDeveloperGuide.md of
 * amzn/selling-partner-api-docs; errors: its issues 2379, 268 and 2527, checked 22 Nov 2026. The statuses of
 * `invalid_request` and `unsupported_grant_type` are published nowhere; RFC 6749, 5.2 stands in.
 */
import { randomUUID } from 'node:crypto'
import type { EpochMs } from '../tokens/time.ts'
import type { Market } from './market.ts'
import type { Grant, Refusal } from './records.ts'
import {
  type Call,
  isWrong,
  jsonReply,
  mediaType,
  type Parsed,
  parseForm,
  parseJsonStrings,
  type Reply,
  type Whom,
} from './wire.ts'

/** One path for every region. */
export const AMAZON_PATHS = ['/auth/o2/token'] as const

const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unsupported_grant_type: 400,
  server_error: 500,
} as const

/** Amazon's refusal; it carries the id of the exchange in body and header. */
export function amazonError(
  error: keyof typeof STATUS,
  text: string,
  whom: Whom = {},
  status: number = STATUS[error],
): Reply {
  const id = randomUUID()
  const body = { error_description: text, error, request_id: id }
  return jsonReply(status, body, error, whom, { 'x-amzn-RequestId': id })
}

/** The refusal of a dead token or code, naming the parameter as Amazon does. */
export function amazonInvalidGrant(parameter: 'refresh_token' | 'code', whom: Whom = {}): Reply {
  const text = `The request has an invalid grant parameter : ${parameter}.`
  const revoked = " User may have revoked or didn't grant the permission."
  return amazonError('invalid_grant', parameter === 'code' ? text.slice(0, -1) : text + revoked, whom)
}

/** The refusal of a wrong client id or secret. */
export function amazonInvalidClient(detail: string): Reply {
  return amazonError('invalid_client', 'Client authentication failed', { detail })
}

function parse(call: Call): Parsed {
  const type = mediaType(call)
  if (call.query !== '') return { wrong: 'parameters in the address' }
  // Amazon's own Java client sends JSON (LWAClient.java of amzn/selling-partner-api-sdk, checked 22 Nov 2026).
  if (type === 'application/json') return parseJsonStrings(call.body)
  if (type === 'application/x-www-form-urlencoded') return parseForm(call.body.toString('latin1'))
  return { wrong: 'wrong content type' }
}

/** Amazon's answer to one call. */
export function answerAmazon(call: Call, market: Market, now: EpochMs): Reply {
  const malformed = (detail: string) => amazonError('invalid_request', 'The request is malformed', { detail })
  if (call.method !== 'POST') {
    return amazonError('invalid_request', 'The request is malformed', { detail: 'not a POST' }, 405)
  }
  const form = parse(call)
  if (isWrong(form)) return malformed(form.wrong)
  const grantType = form.get('grant_type')
  const subject = grantType === 'authorization_code' ? 'code' : 'refresh_token'
  for (const name of ['grant_type', 'client_id', 'client_secret', subject]) {
    if (form.get(name)) continue
    const text = `The request is missing a required parameter : ${name}`
    return amazonError('invalid_request', text, { detail: `no ${name}` })
  }
  if (grantType !== 'refresh_token' && grantType !== 'authorization_code') {
    return amazonError('unsupported_grant_type', 'The grant_type is not supported')
  }
  const app = market.appOf('amazon', form.get('client_id') ?? '')
  if (app === undefined) return amazonInvalidClient('unknown client')
  if (!market.secrets.isTaken(app, form.get('client_secret'), now)) return amazonInvalidClient('wrong secret')
  const token = form.get(subject) ?? ''
  return grantType === 'refresh_token'
    ? reply(market.refresh(app, token, now), 'refreshed')
    : reply(market.redeem(app, token, form.get('redirect_uri') ?? null, now), 'exchanged')
}

function reply(result: Grant | Refusal, outcome: 'refreshed' | 'exchanged'): Reply {
  if ('refused' in result) {
    const whom = { detail: result.refused, account: result.account, generation: result.generation }
    return amazonInvalidGrant(outcome === 'refreshed' ? 'refresh_token' : 'code', whom)
  }
  const body = {
    access_token: result.accessToken,
    // The one that was sent, as Amazon returns it; another only when the simulator is told to rotate.
    refresh_token: result.refreshToken,
    token_type: 'bearer',
    expires_in: result.accessSeconds,
  }
  const whom = { account: result.account.account, generation: result.generation }
  return jsonReply(200, body, outcome, whom, { 'x-amzn-RequestId': randomUUID() })
}
