/**
 * Whose an eBay access token is, by the harmless call that tells. Nothing is spent by it and nothing hangs on its answer
 * but a name: so no failure here is ever `ambiguous`, and none says anything about the consent.
 */
import * as z from 'zod/mini'
import { type Answer, failureByCode, requestIdOf, type Verdict } from '../../oauth/error-reply.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../oauth/json-reply.ts'
import { showableId } from '../../oauth/vendor-text.ts'
import type { HttpResponse } from '../../platform/http.ts'
import type { Secret } from '../../tokens/secret.ts'
import { sellerText } from '../../tokens/seller.ts'
import type { Destination, IdentityCall } from '../adapter.ts'
import { RULES } from './wire.ts'

// `apiz`, not `api`; the sandbox's host by version 2.0.0 of the specification.
// https://developer.ebay.com/develop/api/spec/identity_api.json, checked 23 Nov 2026
const HOSTS = { production: 'https://apiz.ebay.com', sandbox: 'https://apiz.sandbox.ebay.com' }
const PATH = '/commerce/identity/v1/user/'

// `userId` is immutable and always identifies the user; `username` the user can change, and for some U.S. sellers eBay
// puts the id in its place. https://developer.ebay.com/api-docs/buy/identity/types/api:UserResponse, checked 23 Nov 2026
const UserReply = z.object({ userId: z.string(), username: z.optional(z.unknown()) })

/** No word of a name: spaces and brackets are what `sellerText` puts around it. 64 is the longest name (our guess). */
const NAME = /^[^\s()]{1,64}$/

const LATER = 'The next try asks again; the consent itself is good.'
const NO_SCOPE =
  "The app's consent has to cover `commerce.identity.readonly`, and eBay has to allow that scope to the app: see OAuth Scopes under Application Keys."
const DOWN: Verdict = {
  becomes: 'MARKETPLACE_DOWN',
  failure: 'transient',
  words: 'is out of order',
  fix: LATER,
}
const UNTOLD: Verdict = {
  becomes: 'REPLY_MALFORMED',
  failure: 'transient',
  words: 'did not say whose shop it is',
  fix: LATER,
}

/** The call, in an environment. */
export function identityCall({ environment, origin }: Destination): IdentityCall {
  return {
    request: accessToken => ({
      method: 'GET',
      url: `${environment === 'local' ? origin : HOSTS[environment]}${PATH}`,
      headers: { authorization: `Bearer ${accessToken.reveal()}`, accept: 'application/json' },
      body: '',
    }),
    read: (response, accessToken) => readSeller(response, accessToken),
  }
}

function readSeller(response: HttpResponse, accessToken: Secret): string {
  const { status, body } = response
  const answer = { response, rules: { ...RULES, errors: [] }, now: sentAt(response), sent: [accessToken] }
  const members = parseJsonObject(body)
  const refused = refusal(status, members !== undefined || body === '')
  if (refused !== undefined) throw failed(answer, refused, members)
  const reply = UserReply.safeParse(members)
  const id = reply.success ? nameIn(reply.data.userId, accessToken) : undefined
  if (status !== 200 || !reply.success || id === undefined) throw failed(answer, UNTOLD)
  return sellerText(id, nameIn(reply.data.username, accessToken))
}

/** The verdict on an answer that is no success; a page in its place is somebody else's. */
function refusal(status: number, isTheirs: boolean): Verdict | undefined {
  if (status === 429)
    return { becomes: 'RATE_LIMITED', failure: 'transient', words: 'asks for a pause', fix: LATER }
  if (status === 408 || status >= 500) return DOWN
  if (status < 400) return undefined
  if (!isTheirs) return UNTOLD
  const words =
    status === 403 ? 'does not let this app ask whose shop it is' : 'will not say whose shop it is'
  return { becomes: 'CLIENT_REJECTED', failure: 'configuration', words, fix: NO_SCOPE }
}

function failed(answer: Answer, verdict: Verdict, members?: JsonObject) {
  return failureByCode(answer, { vendorCode: errorIdIn(members), requestId: requestIdOf(answer) }, verdict)
}

/** `{ "errors": [{ "errorId": 1100, … }] }`, as eBay's REST interfaces answer. */
function errorIdIn(members: JsonObject | undefined): string | undefined {
  const errors = members?.['errors']
  const [first] = Array.isArray(errors) ? errors : []
  return isJsonObject(first) && Number.isSafeInteger(first['errorId']) ? String(first['errorId']) : undefined
}

function nameIn(text: unknown, accessToken: Secret): string | undefined {
  const shown = showableId(text, [accessToken])
  return shown !== undefined && NAME.test(shown) ? shown : undefined
}

/** The answer's own date, against which a `Retry-After` that is a date is a wait. Without one such a date has passed. */
function sentAt({ headers }: HttpResponse): number {
  const at = Date.parse(headers['date'] ?? '')
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at
}
