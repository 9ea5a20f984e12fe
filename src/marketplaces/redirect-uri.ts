/** What an address that a browser is sent back to may look like; app keys are checked by it when they are entered. */

const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]|localhost)$/

/**
 * What is wrong with an app's redirect address; undefined when nothing is. The text itself is kept as it was typed: the
 * vendor compares it letter by letter.
 *
 * @see RFC 6749 section 3.1.2; plain http only on this machine, RFC 9700 section 2.6
 */
export function redirectUriProblem(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return 'is no address that begins with https://'
  const { protocol, hostname, hash, username, password } = new URL(text)
  if (protocol === 'http:' && !LOOPBACK.test(hostname))
    return 'would bring the code in plain http; it must begin with https://, except on this machine (http://127.0.0.1)'
  if (hash !== '' || text.includes('#')) return 'has a `#`, which no redirect address may have'
  return username === '' && password === '' ? undefined : 'has a user name or a password in it'
}
