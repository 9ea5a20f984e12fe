/**
 * Under which names a command finds its tokens. They are a contract with scripts: what an account's variable is called
 * depends on the words of the line alone, never on what else is stored. Pure; it sees no token.
 */
import { TokenctlError } from '../../errors.ts'
import { quoteTyped } from '../../tokens/quote.ts'

/** `--env NAME=account`, taken apart; the account is as typed, `ebay:main` once it was looked up. */
export interface NamedAccount {
  readonly name: string
  readonly account: string
}

/** What follows a token's name: the variable with its end. */
export const ENDS = '_EXPIRES_AT'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

// A token there would leave the command without programs or libraries, or be taken for what is ours. In capitals, since
// to Windows the case of a name is no difference.
const TAKEN = /^(PATH|NODE_OPTIONS)$|^(LD_|DYLD_|TOKENCTL_)/

/**
 * The two halves of `NAME=account`.
 *
 * @throws {USAGE} where there are none, or a token cannot stand under that name
 */
export function namedAccountOf(text: string): NamedAccount {
  const at = text.indexOf('=')
  const [name, account] = [text.slice(0, at), text.slice(at + 1)]
  if (at < 1 || account === '')
    throw wrong(`${quoteTyped(text)} is no name and account.`, 'Write it as `--env SHOP_TOKEN=ebay:main`.')
  if (!NAME.test(name))
    throw wrong(
      `${quoteTyped(name)} cannot be the name of a variable.`,
      'Names are letters, digits and underscores, and begin with no digit.',
    )
  if (TAKEN.test(name.toUpperCase()))
    throw wrong(
      `a token may not stand in ${quoteTyped(name)}.`,
      'PATH, NODE_OPTIONS, LD_…, DYLD_… and TOKENCTL_… are taken. Choose another name.',
    )
  return { name, account }
}

/**
 * The names of all accounts, which are `ebay:main` each, once. One that `--env` names has those names alone. Of the
 * others each has its marketplace's own, `EBAY_ACCESS_TOKEN`; where several of one marketplace are on the line, each of
 * these has one with its own name in it, `EBAY_MAIN_ACCESS_TOKEN`.
 *
 * @throws {USAGE} where two variables would have one name
 */
export function variableNames(
  accounts: readonly string[],
  given: readonly NamedAccount[],
): readonly NamedAccount[] {
  const all = [...new Set([...accounts, ...given.map(({ account }) => account)])]
  const own = all.filter(account => given.every(each => each.account !== account))
  const names = [...given, ...own.map(account => ({ name: usualName(account, all), account }))]
  const seen = new Set<string>()
  for (const name of names.flatMap(each => [each.name, `${each.name}${ENDS}`])) {
    if (seen.has(name.toUpperCase()))
      throw wrong(
        `two variables would be called ${quoteTyped(name)}.`,
        'Give each account a name of its own.',
      )
    seen.add(name.toUpperCase())
  }
  return names
}

/**
 * Whether a name is one that a token of these accounts' marketplaces may have, of whichever account: an older one that
 * stands there is not to be taken for what was asked for.
 */
export function marketplaceNames(accounts: readonly string[]): (name: string) => boolean {
  const names = new Set(accounts.map(account => inCapitals(marketplaceOf(account))))
  const pattern = new RegExp(`^(${[...names].join('|')})_([A-Z0-9_]+_)?ACCESS_TOKEN(${ENDS})?$`)
  return name => pattern.test(name)
}

function usualName(account: string, all: readonly string[]): string {
  const marketplace = marketplaceOf(account)
  const isOnly = all.filter(each => marketplaceOf(each) === marketplace).length === 1
  return tokenName(isOnly ? marketplace : account)
}

const marketplaceOf = (account: string) => account.slice(0, account.indexOf(':'))
const inCapitals = (words: string) => words.toUpperCase().replace(/[:-]/g, '_')
const tokenName = (words: string) => `${inCapitals(words)}_ACCESS_TOKEN`

function wrong(what: string, fix: string): TokenctlError {
  return new TokenctlError('USAGE', `--env: ${what}`, { fix })
}
