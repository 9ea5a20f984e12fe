/** What a person pastes as a refresh token: trimmed of what pasting adds, and told apart from its look-alikes. */
import { TokenctlError } from '../../errors.ts'
import { Secret } from '../../tokens/secret.ts'
import { LONGEST_TOKEN } from '../../tokens/token-set.ts'

/** Bracketed paste (`ESC[200~ … ESC[201~`), and marks without width that browsers copy along. */
const PASTE_MARKS = /\u001b\[20[01]~|[\u200b-\u200f\u2060\ufeff]/g
const QUOTES = /^(["'`\u2018\u201c])(.*)["'`\u2019\u201d]$/s

const LOOK_ALIKES: readonly (readonly [begins: string, what: string])[] = [
  ['Atza|', 'an access token, which lives for an hour'],
  ['amzn1.oa2-cs.', "the app's client secret"],
  ['amzn1.application-oa2-client.', "the app's client id"],
  ['amzn1.sellerapps.', "the app's id"],
  ['amzn1.sp.solution.', "the app's id"],
]

/**
 * The refresh token in a paste.
 *
 * @throws {ANSWER_MISSING} when nothing was pasted · {USAGE} when it is no refresh token; the text is never shown.
 */
export function readPastedToken(pasted: string): Secret {
  const text = trimPaste(pasted)
  if (text === '')
    throw new TokenctlError('ANSWER_MISSING', 'No token was given.', {
      fix: 'Paste the token that begins with `Atzr|`, then press Enter.',
    })
  const alike = LOOK_ALIKES.find(([begins]) => text.startsWith(begins))
  if (alike !== undefined) throw unfit(`is ${alike[1]}`)
  if (!text.startsWith('Atzr|')) throw unfit('does not begin with `Atzr|`')
  if (text.indexOf('Atzr|', 1) !== -1) throw unfit('was pasted twice')
  if (text.length > LONGEST_TOKEN) throw unfit(`is longer than ${LONGEST_TOKEN} characters`)
  if (!/^Atzr\|[\x21-\x7e]{8,}$/.test(text)) {
    throw unfit(text.length < 13 ? 'is cut short' : 'holds spaces, line breaks or control characters inside')
  }
  return new Secret(text)
}

function trimPaste(pasted: string): string {
  const bare = pasted.replace(PASTE_MARKS, '').trim()
  return (QUOTES.exec(bare)?.[2] ?? bare).trim()
}

function unfit(what: string): TokenctlError {
  return new TokenctlError('USAGE', `What was pasted ${what}.`, {
    fix: 'Copy the refresh token that begins with `Atzr|`, whole and alone. Nothing was changed.',
  })
}
