/**
 * How a word that somebody typed is repeated in a message. What stands in the wrong place is now and then a token or
 * a key, and a message must never hold one (I2): so only what is too short to be one is shown.
 */

/** No vendor's token or key is this short; RFC 3339 dates with a zone are. */
export const LONGEST_SHOWN = 30

/** eBay's and Amazon's tokens hold these, however short a piece of one was typed; no name or date does. */
const TOKEN_SIGNS = /[|^#]/

/** Whether a word may be repeated: it is too short for a secret and has nothing of one. */
export function isShowable(text: string): boolean {
  return text.length <= LONGEST_SHOWN && !TOKEN_SIGNS.test(text)
}

/** The word in quotes, or its length where it could be a secret: `"Main"`, `a text of 350 characters`. */
export function quoteTyped(text: string): string {
  return isShowable(text) ? JSON.stringify(text) : `a text of ${text.length} characters`
}
