/**
 * The body of a token request: application/x-www-form-urlencoded, byte for byte.
 * Tokens carry `^ # = + / |`; one that goes out unencoded arrives as another (a raw `+` is read as a space), and the
 * vendor then calls a good token invalid.
 */

/** Name and value pairs, in the order in which they are sent. */
export type FormFields = readonly (readonly [name: string, value: string])[]

/**
 * The fields as one ASCII string. All but letters, digits and `* - . _` is percent-encoded as UTF-8; a space becomes
 * `+`, not `%20`: RFC 6749 takes the encoding of HTML forms, and its own example does so. Every form parser reads
 * either, and no token has a space in it.
 *
 * @see RFC 6749 appendix B; WHATWG URL, section 5.2
 */
export function formEncode(fields: FormFields): string {
  return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString()
}

/** One value in the same encoding, for where RFC 6749 wants it outside a body. */
export function formEncodeValue(value: string): string {
  return formEncode([['', value]]).slice(1)
}
