/**
 * From the bytes of an answer to a JSON object, or REPLY_MALFORMED. A captive portal, a proxy's error page and a body
 * cut short must all end here, with the stored token untouched.
 */
import { type Answer, malformed } from './error-reply.ts'

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * The answer's body as a JSON object. Of members that occur twice the last one counts, as in every parser here: to
 * refuse such an answer could cost the only copy of a rotated token.
 *
 * @throws {REPLY_MALFORMED} `ambiguous`, for another media type, a body that is no JSON, or JSON that is no object.
 * @see RFC 8259
 */
export function readJsonObject(answer: Answer): JsonObject {
  const { headers, body } = answer.response
  const mediaType = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (!answer.rules.mediaTypes.includes(mediaType))
    throw malformed(answer, 'answered with something else than JSON')
  const value = parseJsonObject(body)
  if (value === undefined) throw malformed(answer, 'sent an answer that is no JSON object')
  return value
}

/** A text as a JSON object; undefined when it is none. A byte order mark is passed over (RFC 8259 section 8.1). */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''))
    return isJsonObject(value) ? value : undefined
  } catch {
    // The parser's message quotes the text, which may hold a token: not even its cause is kept.
    return undefined
  }
}

/** Whether a value out of a JSON parser is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
