/**
 * How a seller is written where one text must do: by an id that never changes, and by the name that a person knows where
 * the marketplace tells one. Names change (at eBay that also ends the consent, so that the next login is the very
 * moment at which it shows), so two sellers are compared by their ids alone.
 */

const WITH_NAME = /^([^\s()]+) \(([^\s()]+)\)$/

/** The text of a seller: `shop-4711 (aBc123)`, or the id alone where there is no other name. */
export function sellerText(id: string, name?: string): string {
  return name === undefined || name === id ? id : `${name} (${id})`
}

/** A name and an id of eBay's, 64 characters at most each, and what stands around them. */
const LONGEST_SELLER = 160
// Control characters, those that turn or hide others, line ends, halves of a character.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const TOKEN = /v\^1\.1#|Atz[ar]\||amzn1\.oa2-cs\.|^(PRD|SBX)-[0-9a-f]{8}/

/** What is wrong with a text that shall name a seller, to follow its name; undefined when nothing is. Listings show it. */
export function sellerProblem(text: string): string | undefined {
  if (text === '') return 'is empty'
  if (text.length > LONGEST_SELLER) return `has more than ${LONGEST_SELLER} characters`
  if (UNPRINTABLE.test(text)) return 'has a character that cannot be printed'
  return TOKEN.test(text) ? 'looks like a token or a secret' : undefined
}

/** Whether two texts name one seller, whatever each calls it. */
export function sameSeller(a: string, b: string): boolean {
  return idOf(a) === idOf(b)
}

/**
 * Whether a text is of the seller with this id, or, where no id is known, with this name. One of the two is given; a text
 * without a name may be either.
 */
export function isSeller(text: string, id: string | null, name: string | null): boolean {
  const [, knownName = text, knownId] = WITH_NAME.exec(text) ?? []
  if (id !== null && knownId !== undefined) return knownId === id
  return (id !== null && text === id) || (name !== null && knownName === name)
}

function idOf(text: string): string {
  return WITH_NAME.exec(text)?.[2] ?? text
}
