/**
 * Whose tokens an answer has, where the manifest says in which place that stands. An id and nothing else is taken: what
 * looks like none is as if it were not there, and never fails an answer that has tokens in it.
 */
import type { Answer } from '../../oauth/error-reply.ts'
import { parseJsonObject } from '../../oauth/json-reply.ts'
import type { Issued } from '../../tokens/token-set.ts'
import type { Manifest } from './manifest.ts'

// The longest that the three have is 10 digits. Ids are inside tokens here (Etsy's, Mercado Libre's), so that "no part of
// what was sent" cannot be asked of them: only that they are short, and no whole secret.
const ID = /^[A-Za-z0-9_-]{1,32}$/

/** What was issued, with its seller where that is told. */
export function withSeller(issued: Issued, answer: Answer, place: Manifest['seller']): Issued {
  const id = place === undefined ? undefined : idAt(place, issued, answer.response.body)
  const isSecret = answer.sent.some(secret => secret.reveal() === id)
  return id === undefined || !ID.test(id) || isSecret ? issued : { ...issued, seller: id }
}

function idAt(
  place: NonNullable<Manifest['seller']>,
  { accessToken, refreshToken }: Issued,
  body: string,
): string | undefined {
  if (place.in === 'answer') return idIn(parseJsonObject(body)?.[place.member])
  if (place.in === 'access-token') return idIn(claimsOf(accessToken.reveal())?.[place.claim])
  const token = refreshToken?.reveal() ?? ''
  const at = token.indexOf(place.before)
  return at === -1 ? undefined : token.slice(0, at)
}

function idIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return Number.isSafeInteger(value) ? String(value) : undefined
}

/** The claims of a JSON Web Token, unverified: it came from the issuer itself, over TLS. @see RFC 7519 section 7.2 */
function claimsOf(token: string) {
  const [, payload = '', ...rest] = token.split('.')
  return rest.length === 1 ? parseJsonObject(Buffer.from(payload, 'base64url').toString('utf8')) : undefined
}
