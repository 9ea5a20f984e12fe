/**
 * The one rule for an address that a person gives to be asked: a channel's, a heartbeat's, a receiver's of tokens. Such
 * an address may be a secret as a whole, so no sentence here repeats any of it.
 */

/** Browsers and servers agree on some 2,000 characters (RFC 9110 section 4.1 asks for 8,000 at least); services give some 300. */
const LONGEST = 2048

/** Why a text is no address that may be asked, as a whole sentence; undefined when it is one. Spaces around it count. */
export function addressProblem(text: string): string | undefined {
  if (text === '') return 'No address was given.'
  if (text.length > LONGEST) return `The address is longer than ${LONGEST} characters.`
  // URL itself would drop line breaks and take what is left, or write another name for letters beyond ASCII.
  if (!/^[\x21-\x7e]+$/.test(text) || !URL.canParse(text))
    return 'This is no address that begins with https://.'
  const { protocol, hostname, username, password, hash } = new URL(text)
  const isHere = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && isHere))
    return 'The address must begin with https:// (http:// for this machine alone).'
  if (username !== '' || password !== '')
    return 'The address has a user name in it, which no request may have.'
  return hash === '' ? undefined : 'The address has a fragment (#…) in it, which no request sends.'
}
