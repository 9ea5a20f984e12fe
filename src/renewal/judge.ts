/**
 * From an answer to what it issued, whether it just came or was found in a journal. An answer that broke off is no
 * success, but for one thing: a replacement of the refresh token that came whole is the only one that lives.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Exchange, RefreshInput } from '../marketplaces/adapter.ts'
import type { HttpResponse } from '../platform/http.ts'
import type { Issued } from '../tokens/token-set.ts'
import type { KeptReply } from '../vault/journal.ts'
import { completedJson } from './cut-json.ts'

/**
 * What an answer issued.
 *
 * @throws what the adapter throws; for one that broke off before a new refresh token was whole, `response.cut`.
 */
export function judge(response: HttpResponse, exchange: Exchange<RefreshInput>, input: RefreshInput): Issued {
  if (response.cut === undefined) return exchange.read(response, input)
  const salvaged = salvage(response, exchange, input)
  if (salvaged === undefined) throw response.cut
  return salvaged
}

/** An answer as it stands in a journal, for `judge`. */
export function asResponse({ response, isCut }: KeptReply): HttpResponse {
  if (!isCut) return response
  const cut = new TokenctlError('NETWORK_FAILED', 'The answer to the last renewal broke off.', {
    failure: 'ambiguous',
  })
  return { ...response, cut }
}

function salvage(
  response: HttpResponse,
  exchange: Exchange<RefreshInput>,
  input: RefreshInput,
): Issued | undefined {
  const body = completedJson(response.body)
  if (response.status !== 200 || body === undefined) return undefined
  try {
    const issued = exchange.read({ status: response.status, headers: response.headers, body }, input)
    // Without one the stored token may be spent all the same: what is missing may be the very member that says so.
    return issued.refreshToken === undefined ? undefined : issued
  } catch (error) {
    if (isTokenctlError(error)) return undefined
    throw error
  }
}
