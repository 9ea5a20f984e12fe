/**
 * eBay's token endpoint as its pages and published answers have it. Statuses and texts of errors:
 * github.com/hendt/ebay-api/issues/77 and /122, github.com/matecsaj/ebay_rest/issues/24, checked 22 Nov 2026. What
 * eBay answers to a malformed request is published nowhere; RFC 6749, 5.2 stands in.
 */
import type { EpochMs } from '../tokens/time.ts'
import type { Market } from './market.ts'
import type { Grant, Refusal } from './records.ts'
import {
  type Call,
  isWrong,
  jsonReply,
  mediaType,
  parseBasic,
  parseForm,
  type Reply,
  type Whom,
} from './wire.ts'

/** The path of both hosts, production and sandbox. */
export const EBAY_PATHS = ['/identity/v1/oauth2/token'] as const

const DESCRIPTIONS = {
  invalid_request: 'request is missing a required parameter or malformed.',
  invalid_client: 'client authentication failed',
  invalid_grant: 'the provided authorization refresh token is invalid or was issued to another client',
  invalid_code: 'the provided authorization grant code is invalid or was issued to another client',
  invalid_scope:
    'The requested scope is invalid, unknown, malformed, or exceeds the scope granted to the client',
  unsupported_grant_type: 'grant type in request is not supported by the authorization server',
  temporarily_unavailable: 'the authorization server is temporarily unavailable',
} as const

/** eBay's refusal by its key in the table above. */
export function ebayError(key: keyof typeof DESCRIPTIONS, whom: Whom = {}, status?: number): Reply {
  const error = key === 'invalid_code' ? 'invalid_grant' : key
  const body = { error, error_description: DESCRIPTIONS[key] }
  return jsonReply(status ?? (error === 'invalid_client' ? 401 : 400), body, error, whom)
}

/** eBay's answer to one call. */
export function answerEbay(call: Call, market: Market, now: EpochMs): Reply {
  const invalid = (detail: string) => ebayError('invalid_request', { detail })
  if (call.method !== 'POST') return ebayError('invalid_request', { detail: 'not a POST' }, 405)
  if (mediaType(call) !== 'application/x-www-form-urlencoded') return invalid('wrong content type')
  if (call.query !== '') return invalid('parameters in the address')
  const basic = parseBasic(call.headers.authorization)
  if (basic === undefined)
    return ebayError('invalid_client', { detail: 'no Basic header, or not a whole one' })
  const app = market.appOf('ebay', basic.id)
  if (app === undefined) return ebayError('invalid_client', { detail: 'unknown client' })
  if (!market.secrets.isTaken(app, basic.secret, now))
    return ebayError('invalid_client', { detail: 'wrong secret' })
  const form = parseForm(call.body.toString('latin1'))
  if (isWrong(form)) return invalid(form.wrong)

  const grantType = form.get('grant_type')
  if (grantType === undefined) return invalid('no grant_type')
  if (grantType === 'authorization_code') {
    const code = form.get('code')
    if (!code) return invalid('no code')
    return reply(market.redeem(app, code, form.get('redirect_uri') ?? null, now), 'exchanged')
  }
  if (grantType !== 'refresh_token') return ebayError('unsupported_grant_type')
  const token = form.get('refresh_token')
  if (!token) return invalid('no refresh_token')
  const scopes = form.get('scope')?.split(' ') ?? null
  return reply(market.refresh(app, token, now, scopes), 'refreshed')
}

function reply(result: Grant | Refusal, outcome: 'refreshed' | 'exchanged'): Reply {
  if ('refused' in result) {
    const whom = { detail: result.refused, account: result.account, generation: result.generation }
    if (result.refused === 'scope outside the consent') return ebayError('invalid_scope', whom)
    return ebayError(outcome === 'refreshed' ? 'invalid_grant' : 'invalid_code', whom)
  }
  const body = {
    access_token: result.accessToken,
    expires_in: result.accessSeconds,
    // A refresh brings no refresh token, unless the simulator is told to rotate as eBay does not.
    ...(result.rotated && {
      refresh_token: result.refreshToken,
      refresh_token_expires_in: result.consentLeftSeconds,
    }),
    token_type: 'User Access Token',
  }
  return jsonReply(200, body, outcome, { account: result.account.account, generation: result.generation })
}
