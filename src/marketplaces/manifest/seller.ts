/**
 * Whose tokens an answer has, where the manifest says in which place that stands. An id and nothing else is taken: what
 * looks like none is as if it were not there, and never fails an answer that has tokens in it. The id is shown and stored
 * in the clear, so it is never a secret, nor the better part of one, wherever a manifest says that it stands.
 */
import type { Answer } from '../../oauth/error-reply.ts'
import { parseJsonObject } from '../../oauth/json-reply.ts'
import type { Issued } from '../../tokens/token-set.ts'
import type { Manifest } from './manifest.ts'

// The longest that the three have is 10 digits. Ids are inside tokens here (Etsy's, Mercado Libre's), so that "no part of
// a token" cannot be asked of them: only that they are short, and that most of the token is something else.
const ID = /^[A-Za-z0-9_-]{1,32}$/
/** What must be left of a token beside the id in it, in characters; our choice. The shortest of the three have 28. */
const LEFT_OF_A_TOKEN = 16
/** What is shorter than this (a client id of four digits) may stand in an id by chance. */
const SHORTEST_SECRET = 8

/** What was issued, with its seller where that is told. */
export function withSeller(issued: Issued, answer: Answer, place: Manifest['seller']): Issued {
  const id = place === undefined ? undefined : idAt(place, issued, answer.response.body)
  if (id === undefined || !ID.test(id)) return issued
  const { accessToken, refreshToken } = issued
  const tokens = [accessToken, ...(refreshToken === undefined ? [] : [refreshToken])]
  const isSecret =
    [...answer.sent, ...tokens].some(secret => tells(id, secret.reveal())) ||
    tokens.some(token => isMostOf(token.reveal(), id))
  return isSecret ? issued : { ...issued, seller: id }
}

/** Whether an id is a secret, or has one in it. */
function tells(id: string, secret: string): boolean {
  return id === secret || (secret.length >= SHORTEST_SECRET && id.includes(secret))
}

/** Whether whoever knows the id knows half of the token. */
function isMostOf(token: string, id: string): boolean {
  return token.includes(id) && token.length - id.length < Math.max(id.length, LEFT_OF_A_TOKEN)
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
