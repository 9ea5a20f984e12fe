/** The accounts that are there, for commands that act on one: from the door of the vault, or from the word for one. */
import { isTokenctlError } from '../errors.ts'
import { type AccountRef, DEFAULT_NAME, formatAccount, parseAccount } from '../tokens/account.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { Listing } from '../vault/listings.ts'
import type { OpenedVault } from '../vault/open.ts'
import { accountKey } from '../vault/records.ts'
import type { Vault } from '../vault/vault.ts'
import type { NarrowedHeaders } from './filter.ts'
import { rulesOf } from './rules.ts'
import { type FilterOptions, isFiltered, isUnusable, unknownAccount } from './selection.ts'
import type { World } from './world.ts'

const NOTHING: Listing = { accounts: [], apps: [], channels: [], unreadable: [] }

/** What is stored; nothing where nothing ever was. */
export async function listingOf(opened: OpenedVault): Promise<Listing> {
  return opened.state === 'empty' ? NOTHING : await opened.vault.listing()
}

/**
 * What is stored of the accounts that words name (`ebay:main`), with all apps; all there is where one of them names several
 * (`ebay`) or none, or there are no words.
 */
export async function listingFor(words: readonly string[], opened: OpenedVault): Promise<Listing> {
  const keys = words.map(accountKey)
  if (opened.state === 'empty' || words.length === 0 || !words.every(word => word.includes(':')))
    return await listingOf(opened)
  const listing = await opened.vault.listingOf({ keys })
  const there = new Set([
    ...listing.accounts.map(({ account }) => accountKey(account)),
    ...listing.unreadable.map(({ key }) => key),
  ])
  // Whoever mistyped a name is told the nearest one.
  return keys.every(key => there.has(key)) ? listing : await listingOf(opened)
}

/**
 * The account that a word names, `default` where it names a marketplace alone; it need not be there.
 *
 * @throws {MARKETPLACE_UNKNOWN} · {USAGE} for a name that is none.
 */
export function namedAccount(word: string, world: World): AccountRef {
  const account = refIn(word)
  rulesOf(world.settings()).adapterOf(account.marketplace)
  return account
}

/**
 * The account that a word names, `default` where it names a marketplace alone, for commands that act only on one that is
 * there. Where it is there and cannot be used, that is said before anything of the marketplace.
 *
 * @throws what keeps its record from being used · {MARKETPLACE_UNKNOWN} · {USAGE} for a name that is none.
 */
export async function storedAccount(word: string, by: string, world: World): Promise<AccountRef> {
  const account = refIn(word)
  const opened = await (await world.openVault(by)).read()
  const { unreadable } = await listingFor([formatAccount(refIn(word))], opened)
  const damaged = unreadable.find(({ key }) => key === accountKey(formatAccount(account)))
  if (damaged !== undefined) throw damaged.error
  return namedAccount(word, world)
}

/**
 * The account that a word names, and the vault, open for writing, that has it. To be removed it need not be usable:
 * its manifest may be gone or no good.
 *
 * @throws {ACCOUNT_UNKNOWN} · {MARKETPLACE_UNKNOWN} · {USAGE}, or what keeps its record from being read.
 */
export async function accountToRemove(
  word: string,
  by: string,
  world: World,
): Promise<{ readonly account: AccountRef; readonly vault: Vault }> {
  const account = refIn(word)
  const door = await world.openVault(by)
  const { unreadable } = await listingFor([formatAccount(account)], await door.read())
  const damaged = unreadable.find(({ key }) => key === accountKey(formatAccount(account)))
  if (damaged !== undefined && isUnusable(damaged.error)) return { account, vault: await door.write() }
  return { account, vault: await vaultHolding(namedAccount(word, world), by, world) }
}

/** What a marketplace is called; its word where its manifest is gone or no good. */
export function titleOf(marketplace: string, world: World): string {
  try {
    return rulesOf(world.settings()).adapterOf(marketplace).title
  } catch (error) {
    if (isTokenctlError(error) && isUnusable(error)) return marketplace
    throw error
  }
}

function refIn(word: string): AccountRef {
  const { marketplace, name } = parseAccount(word)
  return { marketplace, name: name ?? DEFAULT_NAME }
}

/**
 * The vault, open for writing, once it is certain that the account is in it.
 *
 * @throws {ACCOUNT_UNKNOWN} with the nearest name, or what keeps its record from being read.
 */
export async function vaultHolding(account: AccountRef, by: string, world: World): Promise<Vault> {
  const door = await world.openVault(by)
  const { accounts, unreadable } = await listingFor([formatAccount(account)], await door.read())
  if (accounts.some(header => header.account === formatAccount(account))) return door.write()
  throw unknownAccount(account, accounts, unreadable)
}

/**
 * Those of the accounts that the options leave, and how many a state or a date left out; null where nothing was filtered.
 *
 * @throws {USAGE} for an option that is none.
 */
export async function wantedOf(
  headers: readonly AccountHeader[],
  options: FilterOptions,
  world: World,
): Promise<NarrowedHeaders> {
  if (!isFiltered(options)) return { headers, leftOut: null }
  return (await import('./filter.ts')).narrowHeaders(headers, options, world)
}
