/**
 * Proof Key for Code Exchange (RFC 7636): the code of a consent is of use only to whoever asked for it. The verifier is a
 * secret that lives from the address of the consent page to the exchange of the code; its digest alone is in the address.
 */
import { createHash, randomBytes } from 'node:crypto'
import { Secret } from '../tokens/secret.ts'

/** A new verifier: 43 characters from 256 random bits, as section 4.1 recommends it. */
export function newVerifier(): Secret {
  return new Secret(randomBytes(32).toString('base64url'))
}

/**
 * What goes into the address of the consent page, with `code_challenge_method=S256`. The other method, `plain`, would put
 * the verifier itself there, and is not offered.
 *
 * @see RFC 7636 section 4.2
 */
export function challengeOf(verifier: Secret): string {
  return createHash('sha256').update(verifier.reveal(), 'ascii').digest('base64url')
}
