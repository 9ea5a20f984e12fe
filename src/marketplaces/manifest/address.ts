/** What an address in a manifest may be, and whether two of them are one owner's. Whoever can change one gets the tokens. */

/** What is wrong with an address, to follow its key: `must …`; undefined when nothing is. */
export function addressProblem(text: string): string | undefined {
  // What URL makes of a text is looked at, and that it is the text: `https:/\host`, tabs and upper case are one to URL.
  if (!/^[\x21-\x7e]{1,500}$/.test(text) || !URL.canParse(text)) return 'must be an address, https://…'
  const { protocol, hostname, username, password, search, hash, href } = new URL(text)
  if (protocol !== 'https:') return 'must begin with https://'
  if (username !== '' || password !== '') return 'must have no user name or password in it'
  if (search !== '' || text.includes('?')) return 'must have no query'
  if (hash !== '' || text.includes('#')) return 'must have no `#`'
  if (!/[a-z]$/.test(hostname) || !hostname.includes('.'))
    return 'must name a host of the internet, no number'
  return href === text || href === `${text}/`
    ? undefined
    : `must be written as ${href.length <= 200 ? href : 'a browser writes it'}`
}

/**
 * Whether two addresses are on names of one owner: the last two parts are the same, or the last three below `com.ar`,
 * `co.uk` and their like. No list of public suffixes is at hand, so where two parts tell too little three must be the
 * same: a doubt costs whoever writes the manifest one word (`otherTokenHost`).
 */
export function sameOwner(one: string, other: string): boolean {
  return ownedName(one) === ownedName(other)
}

function ownedName(address: string): string {
  const parts = new URL(address).hostname.split('.')
  const [second = '', top = ''] = parts.slice(-2)
  return parts.slice(top.length === 2 && second.length <= 3 ? -3 : -2).join('.')
}
