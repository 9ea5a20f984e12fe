/**
 * Who a token belongs to: one seller's shop on one marketplace, written `ebay:main`.
 * Every key in every store begins with these two words, so they are checked before they get anywhere near one.
 */
import { TokenctlError } from '../errors.ts'
import { isShowable } from './quote.ts'

export interface AccountRef {
  readonly marketplace: string
  readonly name: string
}

/** The name an account or an app gets when none is typed. */
export const DEFAULT_NAME = 'default'

// No dot, slash or colon: names become parts of keys, file names and (on Windows) credential names, where
// `a.b` + `c` and `a` + `b.c` would be the same credential.
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

/** Whether a text can name an account or an app: small letters, digits and hyphens, 63 at most, no hyphen first. */
export function isName(text: string): boolean {
  return NAME.test(text)
}

/**
 * A checked name.
 *
 * @throws {USAGE} when the text cannot name an account or an app.
 */
export function parseName(text: string, what: 'account' | 'app' = 'account'): string {
  if (isName(text)) return text
  const message = isShowable(text)
    ? `${JSON.stringify(text)} cannot be the name of an ${what}.`
    : `What was typed as the name of an ${what} cannot be one; it is not shown, since it could be a token.`
  throw new TokenctlError('USAGE', message, {
    fix: 'Names are small letters, digits and hyphens, begin with a letter or digit, and have 63 characters at most.',
  })
}

/** `ebay:main`, the form that is typed, shown and stored. */
export function formatAccount(account: AccountRef): string {
  return `${account.marketplace}:${account.name}`
}

/**
 * Splits `ebay:main` at its colon; a bare `ebay` has no name. Whether the marketplace exists is the caller's question.
 *
 * @throws {USAGE} when a name follows the colon that is none.
 */
export function parseAccount(text: string): { marketplace: string; name: string | undefined } {
  const colon = text.indexOf(':')
  if (colon === -1) return { marketplace: text, name: undefined }
  return { marketplace: text.slice(0, colon), name: parseName(text.slice(colon + 1)) }
}
