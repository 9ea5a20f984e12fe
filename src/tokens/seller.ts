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
