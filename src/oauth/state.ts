/**
 * The `state` of a consent: what ties the answer that comes back to the run that asked (RFC 6749 section 10.12, RFC 9700
 * section 4.7.1). One time, from 256 random bits, so that nobody can hand in an answer that was not asked for.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Secret } from '../tokens/secret.ts'

/** A new one: 43 characters that no encoding changes. */
export function newState(): Secret {
  return new Secret(randomBytes(32).toString('base64url'))
}

/** Whether an answer carries this state: there, once, and the same. Takes as long for a wrong one as for the right one. */
export function isAnswerTo(state: Secret, parameters: ReadonlyMap<string, string>): boolean {
  const given = parameters.get('state')
  return given !== undefined && timingSafeEqual(digest(given), digest(state.reveal()))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
