/**
 * From an answer to what it issued, whether it just came or was found in a journal. An answer that broke off or that is
 * not as it should be is no success, but for one thing: a replacement of the refresh token that came whole is the only
 * one that lives.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Exchange } from '../marketplaces/adapter.ts'
import type { HttpResponse } from '../platform/http.ts'
import { Secret } from '../tokens/secret.ts'
import type { Issued } from '../tokens/token-set.ts'
import type { KeptReply } from '../vault/journal.ts'
import { completedJson } from './cut-json.ts'

/**
 * What an answer issued.
 *
 * @throws what the adapter throws; for one that broke off before a new refresh token was whole, `response.cut`.
 */
export function judge<Input>(response: HttpResponse, exchange: Exchange<Input>, input: Input): Issued {
  try {
    if (response.cut !== undefined) throw response.cut
    return whole(exchange.read(response, input))
  } catch (error) {
    if (!isTokenctlError(error) || error.failure !== 'ambiguous') throw error
    const salvaged = salvage(response, exchange, input)
    if (salvaged === undefined) throw error
    return salvaged
  }
}

const NOTHING = new Secret('')

/**
 * What an adapter says was issued, where it is that: an adapter that somebody else wrote has no compiler of ours to hold it
 * to its word, and a success without a token would be stored as one.
 */
function whole(issued: Issued): Issued {
  const { accessToken, accessExpiresAt, refreshToken } = issued
  const isSecret = (value: unknown) => value instanceof Secret && !value.equals(NOTHING)
  if (
    isSecret(accessToken) &&
    typeof accessExpiresAt === 'number' &&
    (refreshToken === undefined || isSecret(refreshToken))
  )
    return issued
  throw new TokenctlError('REPLY_MALFORMED', 'The adapter of the marketplace made no token of the answer.', {
    failure: 'ambiguous',
    fix: 'Mend the adapter: the suite of tokenctl/contracts tells what it must keep to.',
  })
}

/** Whether an answer may hold a token: every marketplace names what it gives so, and none gives one under an error. */
export function speaksOfTokens({ status, body }: Pick<HttpResponse, 'status' | 'body'>): boolean {
  return status < 300 && /token/i.test(body)
}

/** An answer as it stands in a journal, for `judge`. */
export function asResponse({ response, isCut }: KeptReply): HttpResponse {
  if (!isCut) return response
  const cut = new TokenctlError('NETWORK_FAILED', 'The answer to the last renewal broke off.', {
    failure: 'ambiguous',
  })
  return { ...response, cut }
}

/** A new refresh token of an answer with a success' status, in spite of a wrong label or a missing end. */
function salvage<Input>(
  { status, headers, body }: HttpResponse,
  exchange: Exchange<Input>,
  input: Input,
): Issued | undefined {
  if (status < 200 || status > 299) return undefined
  const labelled = { ...headers, 'content-type': 'application/json' }
  const whole = completedJson(body) ?? body
  try {
    const issued = exchange.read({ status: 200, headers: labelled, body: whole }, input)
    // Without one the stored token may be spent all the same: what is missing may be the very member that says so.
    return issued.refreshToken === undefined ? undefined : issued
  } catch (error) {
    if (isTokenctlError(error)) return undefined
    throw error
  }
}
