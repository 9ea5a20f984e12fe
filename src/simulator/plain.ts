/**
 * A plain token endpoint, as strict as RFC 6749 lets a server be: parameters in the form alone, the app's proof in the one
 * place that the vendor documents, a code bound to its proof key. It answers in the words of section 5.2.
 */
import type { EpochMs } from '../tokens/time.ts'
import type { Market } from './market.ts'
import { PLAIN, type PlainFacts } from './plain-vendors.ts'
import type { Grant, Refusal } from './records.ts'
import type { SeedApp } from './seed.ts'
import type { PlainVendor } from './vendors.ts'
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

const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  temporarily_unavailable: 503,
} as const

/** A refusal by its code. @see RFC 6749 section 5.2 */
export function plainError(
  error: keyof typeof STATUS,
  whom: Whom = {},
  status: number = STATUS[error],
): Reply {
  return jsonReply(status, { error, error_description: `The request was refused: ${error}` }, error, whom)
}

/** The answer to one call. */
export function answerPlain(vendor: PlainVendor, call: Call, market: Market, now: EpochMs): Reply {
  const facts = PLAIN[vendor]
  const invalid = (detail: string) => plainError('invalid_request', { detail })
  if (call.method !== 'POST') return plainError('invalid_request', { detail: 'not a POST' }, 405)
  if (mediaType(call) !== 'application/x-www-form-urlencoded') return invalid('wrong content type')
  if (call.query !== '') return invalid('parameters in the address')
  const form = parseForm(call.body.toString('latin1'))
  if (isWrong(form)) return invalid(form.wrong)
  const app = appOf(vendor, call, form, market, now)
  if ('outcome' in app) return app
  const grantType = form.get('grant_type')
  const subject = grantType === 'authorization_code' ? 'code' : 'refresh_token'
  if (grantType !== 'authorization_code' && grantType !== 'refresh_token')
    return plainError('unsupported_grant_type')
  const text = form.get(subject)
  if (!text) return invalid(`no ${subject}`)
  if (subject === 'refresh_token') return reply(market.refresh(app, text, now), facts, 'refreshed')
  const redirectUri = form.get('redirect_uri') ?? null
  const verifier = form.get('code_verifier') ?? null
  return reply(market.redeem(app, text, redirectUri, now, verifier), facts, 'exchanged')
}

/** The app that proved itself, or the refusal. What is proved in the wrong place, or twice, is not (section 2.3). */
function appOf(
  vendor: PlainVendor,
  call: Call,
  form: ReadonlyMap<string, string>,
  market: Market,
  now: EpochMs,
): SeedApp | Reply {
  const { client } = PLAIN[vendor]
  const refused = (detail: string) => plainError('invalid_client', { detail })
  const header = call.headers.authorization
  if ((header !== undefined) !== (client === 'basic')) return refused('the proof is in the wrong place')
  if (form.has('client_secret') !== (client === 'form')) return refused('the secret is in the wrong place')
  const basic = parseBasic(header)
  if (client === 'basic' && basic === undefined) return refused('no whole Basic header')
  // Both parts come form-encoded before they are made base64 (section 2.3.1).
  const decoded = (text = '') => decodeURIComponent(text.replaceAll('+', ' '))
  const id = basic === undefined ? (form.get('client_id') ?? '') : decoded(basic.id)
  const app = market.appOf(vendor, id)
  if (app === undefined) return refused('unknown client')
  if (client === 'none') return app
  const secret = basic === undefined ? form.get('client_secret') : decoded(basic.secret)
  return market.secrets.isTaken(app, secret, now) ? app : refused('wrong secret')
}

function reply(result: Grant | Refusal, facts: PlainFacts, outcome: 'refreshed' | 'exchanged'): Reply {
  if ('refused' in result) {
    const whom = { detail: result.refused, account: result.account, generation: result.generation }
    return plainError('invalid_grant', whom)
  }
  const { account, generation } = result
  const body = {
    access_token: result.accessToken,
    token_type: facts.tokenType,
    expires_in: result.accessSeconds,
    refresh_token: result.refreshToken,
    ...facts.more(account.seller.id),
  }
  return jsonReply(200, body, outcome, { account: account.account, generation })
}
