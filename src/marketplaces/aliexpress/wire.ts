/**
 * AliExpress' refresh on the wire: signed parameters in the form body, and answers whose failures come under HTTP 200.
 * The refresh token may be replaced by each answer, so whatever can be read as an answer is read. Parameters never go
 * into the URL, where proxies and logs keep them. The exchange of a code goes the same way, and is answered alike.
 */
import * as z from 'zod/mini'
import type { Answer, ReplyRules } from '../../oauth/error-reply.ts'
import { failureByStatus, malformed, requestIdOf } from '../../oauth/error-reply.ts'
import { formEncode } from '../../oauth/form.ts'
import { readJsonObject } from '../../oauth/json-reply.ts'
import { tokenText } from '../../oauth/token-fields.ts'
import { showableCode } from '../../oauth/vendor-text.ts'
import type { HttpRequest } from '../../platform/http.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import { Secret } from '../../tokens/secret.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { Issued } from '../../tokens/token-set.ts'
import type { Exchange, RefreshInput } from '../adapter.ts'
import { requireAppKey } from '../app-key.ts'
import { accessEnd, cannotBeRefreshed, consentEndOf } from './ends.ts'
import { ALIEXPRESS_ERRORS } from './errors.ts'
import { failureOf, unwrap } from './failure.ts'
import { sign } from './sign.ts'

// https://openservice.aliexpress.com/doc/doc.htm#/?docId=1364 and 1368-1370, checked 22 Nov 2026
const PATH = '/auth/token/refresh'
const PREFIX = '/rest'
const CONTENT_TYPE = 'application/x-www-form-urlencoded'

/** How AliExpress answers a refresh. */
export const RULES: ReplyRules = {
  title: 'AliExpress',
  // Documented nowhere, so all the names that JSON goes by are taken (our guess): refusing a good answer for its label
  // could cost the only copy of a rotated token. HTML and plain text are what interference sends.
  mediaTypes: ['application/json', 'text/json', 'application/javascript', 'text/javascript'],
  requestIdHeaders: [],
  errors: ALIEXPRESS_ERRORS,
}

// Numbers come as numbers or as strings, by interface and by day: they are read one by one.
const RefreshReply = z.object({
  access_token: tokenText,
  refresh_token: z.nullish(z.union([tokenText, z.literal('')])),
  expires_in: z.optional(z.unknown()),
  expire_time: z.optional(z.unknown()),
  refresh_expires_in: z.optional(z.unknown()),
  refresh_token_valid_time: z.optional(z.unknown()),
  seller_id: z.optional(z.unknown()),
  user_id: z.optional(z.unknown()),
})

/**
 * AliExpress' refresh.
 *
 * @see https://openservice.aliexpress.com/doc/doc.htm#/?docId=1364
 */
export const refresh: Exchange<RefreshInput> = {
  request({ refreshToken, ...rest }) {
    return signedRequest(PATH, { refresh_token: refreshToken.reveal() }, rest)
  },
  read(response, { app, refreshToken, now }) {
    return readAnswer({ response, rules: RULES, now, sent: [refreshToken, ...Object.values(app)] })
  },
}

/**
 * A signed request to a system interface.
 *
 * @param path without `/rest`: `/auth/token/refresh`.
 * @param own the interface's own parameters, unencoded.
 * @throws {USAGE} when a key is missing
 */
export function signedRequest(
  path: string,
  own: Readonly<Record<string, string>>,
  { app, now, origin }: { readonly app: AppKeys; readonly now: EpochMs; readonly origin: string },
): HttpRequest {
  const parameters = {
    app_key: requireAppKey(app, 'appKey', 'aliexpress').reveal(),
    ...own,
    sign_method: 'sha256',
    timestamp: String(Math.trunc(now)),
  }
  const signature = sign(path, parameters, requireAppKey(app, 'appSecret', 'aliexpress'))
  return {
    method: 'POST',
    url: `${origin}${PREFIX}${path}`,
    headers: { 'content-type': CONTENT_TYPE, accept: 'application/json' },
    body: formEncode([...Object.entries(parameters), ['sign', signature]]),
  }
}

/**
 * What an answer with tokens issued.
 *
 * @throws {GRANT_REJECTED} {CLIENT_REJECTED} {CLOCK_WRONG} {RATE_LIMITED} {MARKETPLACE_DOWN} {REPLY_MALFORMED} {BUG}
 *   as `Exchange.read` has them, by the rules of the answer.
 */
export function readAnswer(answer: Answer): Issued {
  const byStatus = failureByStatus(answer)
  if (byStatus !== undefined) throw byStatus
  const body = unwrap(readJsonObject(answer))
  const refused = failureOf(answer, body)
  if (refused !== undefined) throw refused
  if (answer.response.status !== 200)
    throw malformed(answer, 'answered with a status that no token comes with', body.requestId)
  const reply = RefreshReply.safeParse(body.members)
  // An empty refresh token is an honest "none" only where the answer says that there is nothing more to refresh.
  if (!reply.success || (reply.data.refresh_token === '' && !cannotBeRefreshed(reply.data)))
    throw malformed(answer, 'sent an answer without tokens that can be some', body.requestId)
  return issuedBy(answer, reply.data, requestIdOf(answer, body.requestId))
}

function issuedBy(
  answer: Answer,
  reply: z.infer<typeof RefreshReply>,
  requestId: string | undefined,
): Issued {
  const accessExpiresAt = accessEnd(reply, answer.now)
  const endsAt = consentEndOf(reply, answer.now, accessExpiresAt)
  // Numbers that name the shop. Never `account`, which is an e-mail address, nor `user_nick`, a person's login name.
  const seller = sellerId(reply.seller_id, answer) ?? sellerId(reply.user_id, answer)
  return {
    accessToken: new Secret(reply.access_token),
    accessExpiresAt,
    ...(reply.refresh_token && { refreshToken: new Secret(reply.refresh_token) }),
    ...(endsAt !== undefined && { endsAt }),
    ...(seller !== undefined && { seller }),
    ...(requestId !== undefined && { requestId }),
  }
}

/** A number that a JSON parser had to round names another shop, and is left out. */
function sellerId(id: unknown, answer: Answer): string | undefined {
  return showableCode(Number.isSafeInteger(id) ? String(id) : id, answer.sent)
}
