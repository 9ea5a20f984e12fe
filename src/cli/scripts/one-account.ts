/**
 * The one account that a script means. A word that could mean several is refused: a second shop that is connected later
 * must not hand a script the token of another seller.
 */
import { TokenctlError } from '../../errors.ts'
import { parseAccount } from '../../tokens/account.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Listing } from '../../vault/listings.ts'
import { connectCommand } from '../render/words.ts'
import { accountOf, notConnected, select, unknownAccount } from '../selection.ts'

/** As many names as a message has room for. */
const SHOWN = 5

/**
 * The account that a word names: `ebay:main`, or `ebay` where that is the only one.
 *
 * @throws {MARKETPLACE_UNKNOWN} · {ACCOUNT_UNKNOWN} with the nearest name · {NOT_LOGGED_IN} where the marketplace has
 *   none · {USAGE} where it has several · what keeps a record from being read, where it could be the one that is meant
 */
export function oneAccount(
  word: string,
  { accounts, unreadable }: Pick<Listing, 'accounts' | 'unreadable'>,
): AccountHeader {
  const { marketplace, name } = parseAccount(word)
  const { headers, missing } = select([word], accounts, unreadable)
  const damaged = unreadable.find(record => accountOf(record)?.marketplace === marketplace)
  if (name === undefined && damaged !== undefined) throw damaged.error
  if (missing.length > 0) throw notConnected(marketplace, connectCommand(marketplace))
  const [only, ...others] = headers
  if (only === undefined) throw unknownAccount({ marketplace, name: name ?? '' }, accounts, unreadable)
  if (others.length > 0) throw severalThere(marketplace, headers)
  return only
}

function severalThere(marketplace: string, headers: readonly AccountHeader[]): TokenctlError {
  const names = headers.slice(0, SHOWN).map(({ account }) => account)
  const more = headers.length > SHOWN ? `, and ${headers.length - SHOWN} more` : ''
  return new TokenctlError('USAGE', `\`${marketplace}\` could be any of ${headers.length} accounts.`, {
    fix: `Name the one you mean: ${names.join(', ')}${more}.`,
  })
}
