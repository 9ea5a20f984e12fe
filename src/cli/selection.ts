/** From the words a person typed (`ebay`, `ebay:main`) to the accounts there are. */
import { TokenctlError } from '../errors.ts'
import { findMarketplace } from '../marketplaces/registry.ts'
import { type AccountRef, formatAccount, parseAccount } from '../tokens/account.ts'
import { LONGEST_SHOWN } from '../tokens/quote.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { closestName } from './closest-name.ts'

/** An account by the two words of its header. The header was checked when it was read, so they are only split. */
export function refOf({ account }: Pick<AccountHeader, 'account'>): AccountRef {
  const colon = account.indexOf(':')
  return { marketplace: account.slice(0, colon), name: account.slice(colon + 1) }
}

/** A record that is there and cannot be read, by its key (`account/ebay:main`). */
export interface Unreadable {
  readonly key: string
  readonly error: TokenctlError
}

/** The account whose record cannot be read; undefined for an app's record. */
export function accountOf({ key }: Unreadable): AccountRef | undefined {
  const word = /^account\/(.+:.+)$/.exec(key)?.[1]
  if (word === undefined) return undefined
  const [marketplace = '', name = ''] = word.split(':')
  return { marketplace, name }
}

/** Options that leave out some of the accounts that the words name; `filter.ts` says which. As they were typed. */
export interface FilterOptions {
  readonly within?: string
  readonly state?: string
  readonly tag?: readonly string[]
}

/** Whether there is such an option. */
export function isFiltered({ within, state, tag }: FilterOptions): boolean {
  return (within ?? state ?? tag) !== undefined
}

/** What was selected; `missing` names marketplaces that were asked for and are not connected. */
export interface Selection {
  readonly headers: readonly AccountHeader[]
  readonly missing: readonly string[]
}

/**
 * The accounts that the words name, each once, in the order of the listing; all of them without words. A word that
 * names an unreadable record selects nothing and is no unknown name either (I5): the caller reports those.
 *
 * @param find throws for a word that is no marketplace, or cannot be used.
 * @throws {MARKETPLACE_UNKNOWN} · {SETTINGS_INVALID} · {ACCOUNT_UNKNOWN} with the nearest name · {USAGE} for a name that is none.
 */
export function select(
  words: readonly string[],
  headers: readonly AccountHeader[],
  unreadable: readonly Unreadable[] = [],
  find: (marketplace: string) => unknown = findMarketplace,
): Selection {
  if (words.length === 0) return { headers, missing: [] }
  const chosen = new Set<string>()
  const missing = new Set<string>()
  for (const word of words) {
    const { marketplace, name } = parseAccount(word)
    const here = headers.filter(header => refOf(header).marketplace === marketplace)
    const damaged = unreadable.filter(record => accountOf(record)?.marketplace === marketplace)
    // What has accounts is known; where they cannot be used for want of a good manifest, that is said.
    if (here.length === 0) refuseUnusable(damaged.map(({ error }) => error))
    if (here.length === 0 && damaged.length === 0) find(marketplace)
    const isDamaged = (key: string) => unreadable.some(record => record.key === key)
    if (name !== undefined && isDamaged(`account/${word}`)) continue
    if (here.length === 0) missing.add(marketplace)
    else if (name === undefined) for (const header of here) chosen.add(header.account)
    else if (here.some(header => header.account === word)) chosen.add(word)
    else throw unknownAccount({ marketplace, name }, here)
  }
  return { headers: headers.filter(header => chosen.has(header.account)), missing: [...missing] }
}

/** @throws {SETTINGS_INVALID} · {MARKETPLACE_UNKNOWN} where that is why the accounts cannot be used */
function refuseUnusable(errors: readonly TokenctlError[]): void {
  const why = errors.find(isUnusable)
  if (why !== undefined) throw why
}

/** Whether what is wrong is the marketplace's manifest, gone or no good, and not the record. */
export function isUnusable({ code }: TokenctlError): boolean {
  return code === 'SETTINGS_INVALID' || code === 'MARKETPLACE_UNKNOWN'
}

/** The error for an account that is not there, with the nearest one that is; for one that is unreadable, its own. */
export function unknownAccount(
  account: AccountRef,
  headers: readonly Pick<AccountHeader, 'account'>[],
  unreadable: readonly Unreadable[] = [],
): TokenctlError {
  const name = formatAccount(account)
  const damaged = unreadable.find(record => record.key === `account/${name}`)
  if (damaged !== undefined) return damaged.error
  const names = headers.map(header => header.account)
  const nearest = names.length === 0 ? '' : `Did you mean ${closestName(name, names)}? `
  // AliExpress' tokens are small letters and digits, so a token can be typed where a name belongs.
  const shown = account.name.length > LONGEST_SHOWN ? `${account.marketplace}:…` : name
  return new TokenctlError('ACCOUNT_UNKNOWN', `There is no account ${shown}.`, {
    fix: `${nearest}\`tokenctl accounts list\` shows the accounts there are.`,
  })
}

/** The error for a marketplace that nothing is connected to. */
export function notConnected(marketplace: string, command: string): TokenctlError {
  return new TokenctlError('NOT_LOGGED_IN', `No ${marketplace} account is connected.`, {
    fix: `Connect one: \`${command}\`.`,
  })
}
