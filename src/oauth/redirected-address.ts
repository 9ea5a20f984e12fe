/**
 * The address that the browser is sent back to after a consent, as a loopback request brings it or as a person pastes
 * it. Its parameters are decoded here and nowhere else, exactly once: a code that is decoded twice, or not at all, is
 * another code, and the vendor calls it invalid. Nothing of the text ever stands in a message.
 */
import { TokenctlError } from '../errors.ts'

/** What a redirect says. */
export interface RedirectedAnswer {
  /** Decoded, each name once. A bare code stands alone in it, as `code`. */
  readonly parameters: ReadonlyMap<string, string>
  /** Whether only the code was pasted, so that there is no `state` to compare. */
  readonly isBareCode: boolean
}

/** The longest text that is looked at, in characters: four times the longest address seen, as for every answer. */
export const LONGEST_ADDRESS = 16 * 1024

// Controls, line ends, spaces of every width, zero-width marks, soft hyphens: none of them is ever part of an address,
// and a mail, a chat or a terminal puts them where it breaks the line.
const NOT_OF_AN_ADDRESS = /[\p{Cc}\p{Cf}\p{Z}]+/gu
// What people and programs put around an address: `<…>`, quotation marks, backticks.
const AROUND = '<>"\'`‘’‚‛“”„‟‹›«»'
const SCHEME = /https?:\/\//i
// The first pair of a query. `t^H4s…==` and `QUJD==` are codes that end in padding, not pairs.
const BEGINS_A_QUERY = /^[A-Za-z_][\w.-]*=[^=&]/
// An address without scheme and query, or pieces of a query. `v^1.1#i^1…`, `3_500102_JxZ0…` and base64 are none.
const NOT_A_CODE = /^[\w-]+(\.[\w-]+)+\/|[?&<>"]/

/**
 * What a person pasted: the whole address, its query, or the code alone. Line breaks, spaces, zero-width marks, and
 * quotation marks around it are dropped, `&amp;` from a page's source or a mail is read as `&`, and a fragment that
 * holds no answer (`#_=_`) is left out. In a bare code `+` stays `+`, and `%XX` is decoded where there is any.
 *
 * @throws {USAGE} saying what to paste instead: nothing in it, too long, broken encoding, a parameter named twice, or
 *   an address that was decoded on its way.
 */
export function readRedirectedAddress(text: string): RedirectedAnswer {
  if (text.length > LONGEST_ADDRESS) throw unusable('What was pasted is longer than any such address.')
  const whole = withoutSurroundings(text.replace(NOT_OF_AN_ADDRESS, '')).replace(/&amp;/gi, '&')
  if (whole === '') throw unusable('Nothing was pasted.')
  const query = queryIn(whole)
  return query === undefined
    ? { parameters: new Map([['code', readBareCode(whole)]]), isBareCode: true }
    : { parameters: readRedirectQuery(query), isBareCode: false }
}

/**
 * The parameters of a query (`code=…&state=…`, without the `?`), decoded once as a form's: `+` is a space, `%XX` a byte
 * of UTF-8. The order is that of the query.
 *
 * @throws {USAGE} when the encoding is broken, or a parameter is there twice (RFC 6749 section 3.1).
 * @see RFC 6749 section 4.1.2 and appendix B; WHATWG URL, section 5.1
 */
export function readRedirectQuery(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = decodeOnce(spaced(at === -1 ? pair : pair.slice(0, at)))
    if (parameters.has(name)) throw unusable('The address names one parameter twice.')
    parameters.set(name, at === -1 ? '' : decodeOnce(spaced(pair.slice(at + 1))))
  }
  return parameters
}

function withoutSurroundings(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && AROUND.includes(text.charAt(start))) start += 1
  while (end > start && AROUND.includes(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** The query of an address, with or without its beginning; undefined for what is neither address nor query. */
function queryIn(text: string): string | undefined {
  if (BEGINS_A_QUERY.test(text)) return withoutFragment(text)
  // What stands before the address ("Here it is: https://…") goes with what stands before the query.
  const mark = text.indexOf('?')
  if (mark !== -1) return withoutFragment(text.slice(mark + 1))
  if (SCHEME.test(text)) throw unusable('The address has no answer in it: nothing follows a `?`.')
  return undefined
}

function withoutFragment(query: string): string {
  const at = query.indexOf('#')
  if (at === -1) return query
  // eBay's codes hold `^` and `#`. Where an address was decoded already, the rest of the code looks like a fragment.
  if (/[&^]/.test(query.slice(at)))
    throw unusable(
      'The address was decoded on its way: its code has a `#` in it, where the browser has `%23`.',
    )
  return query.slice(0, at)
}

function readBareCode(text: string): string {
  if (NOT_A_CODE.test(text)) throw unusable('What was pasted is neither an address nor a code.')
  return decodeOnce(text)
}

/** A form's `+`, which `decodeURIComponent` leaves alone. */
function spaced(text: string): string {
  return text.replaceAll('+', ' ')
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // The decoder's own error says nothing but that.
    throw unusable('The encoding of the address is broken; a part of it is missing or was changed.')
  }
}

function unusable(message: string): TokenctlError {
  return new TokenctlError('USAGE', message, {
    fix: "Copy the whole address from the browser's address bar, as it stands after the consent, and paste it.",
  })
}
