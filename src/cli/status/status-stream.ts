/**
 * What `status` finds, a page at a time, from a store that gives its headers so: as `status-findings.ts` finds it, without
 * ever holding more than a page of accounts. Words and filters become a query of the store where it can choose; the rules
 * look at each account again.
 */
import { isTokenctlError } from '../../errors.ts'
import { MARKETPLACE_IDS, SHIPPED_IDS } from '../../marketplaces/ids.ts'
import { dueBounds } from '../../renewal/due-bounds.ts'
import { parseAccount } from '../../tokens/account.ts'
import { hasTag } from '../../tokens/tags.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { DueBounds, HeaderQuery } from '../../vault/header-query.ts'
import { type Listing, withAppsOf } from '../../vault/listings.ts'
import { accountKey, keySubject } from '../../vault/records.ts'
import type { Vault } from '../../vault/vault.ts'
import { type Filter, queryFor, sieveOf } from '../filter.ts'
import { type MarketplaceRules, rulesOf } from '../rules.ts'
import { accountOf, isUnusable, refOf, select, type Unreadable } from '../selection.ts'
import type { Door, World } from '../world.ts'
import { NotedAccounts } from './noted-accounts.ts'
import { isWanted, listed, type StatusFindings } from './status-findings.ts'
import { type AssessedAccount, assessAccounts, assessApps } from './status-report.ts'

/** So few accounts are looked at in one go that what is made of them is gone before it counts as old. */
const AT_ONCE = 100

/** All that was found but the accounts, which went by. */
export type FoundBesides = Omit<StatusFindings, 'accounts'>

/** The accounts of a `status`, by name, a page at a time. */
export interface StatusStream {
  readonly now: EpochMs
  readonly store: string | null
  /** To be read to its end, once. */
  pages(): AsyncIterable<readonly AssessedAccount[]>
  /** What was found besides; known after the last page. */
  besides(): FoundBesides
}

export interface StreamOptions {
  /** Which accounts, as they were typed. */
  readonly words: readonly string[]
  /** Undefined: nothing was asked for. */
  readonly filter: Filter | undefined
  /** As for `narrow`. */
  readonly only: readonly string[] | undefined
}

/** The stream over what was found in one piece. */
export function wholeStream(findings: StatusFindings): StatusStream {
  const { accounts, now, store } = findings
  return {
    now,
    store,
    pages: async function* () {
      const ordered = [...accounts].sort((a, b) => (a.header.account < b.header.account ? -1 : 1))
      for (let at = 0; at < ordered.length; at += AT_ONCE) yield ordered.slice(at, at + AT_ONCE)
    },
    besides: () => findings,
  }
}

/**
 * The stream over the pages of a store.
 *
 * @throws {MARKETPLACE_UNKNOWN} · {SETTINGS_INVALID} · {ACCOUNT_UNKNOWN} · {USAGE} for words, as `select` does: before the first page.
 */
export async function pagedStream(
  { words, filter, only }: StreamOptions,
  { vault, door }: { readonly vault: Vault; readonly door: Pick<Door, 'warnings' | 'lastOpened'> },
  world: World,
): Promise<StatusStream> {
  const now = world.clock.now()
  const rules = rulesOf(world.settings())
  const missing = await missingOf(words, vault, rules)
  const others = await othersOf(vault)
  const apps = assessApps(
    others.apps.filter(({ marketplace }) => isWanted(words, marketplace)),
    rules,
    now,
  )
  const dueAt = boundsOf(words, others, rules, world)
  const sieve = filter === undefined ? undefined : sieveOf(filter, now, only)
  const meant: HeaderQuery = { kinds: ['account'], ...queryOfWords(words) }
  const chosen = filter === undefined ? {} : queryFor(filter, now, dueAt, only)
  const withApp = withAppsOf(others.apps)
  const isMeant = meantBy(words)
  const noted = new NotedAccounts(filter?.sort, world)
  const known = new Set<string>()
  const unreadable: Unreadable[] = []
  let unseen = 0

  function assessed(headers: readonly AccountHeader[]): AssessedAccount[] {
    const accounts = assessAccounts(headers.filter(isMeant).map(withApp), rules, now)
    return sieve === undefined ? accounts : accounts.filter(account => sieve.keeps(account))
  }

  async function* pages() {
    let kept = 0
    for await (const listing of vault.pages({ ...meant, ...chosen })) {
      const damaged = listing.unreadable.filter(record => accountOf(record) !== undefined)
      unreadable.push(...damaged)
      for (const header of listing.accounts) known.add(refOf(header).marketplace)
      for (const record of damaged) known.add(accountOf(record)?.marketplace ?? '')
      for (let at = 0; at < listing.accounts.length; at += AT_ONCE) {
        const accounts = assessed(listing.accounts.slice(at, at + AT_ONCE))
        for (const account of accounts) noted.take(account)
        kept += accounts.length
        yield accounts
      }
    }
    if (kept === 0 && chosen.due !== undefined) unseen = await countOne()
  }

  /** Whether there is an account that only its dates left out: 1 stands for any number. */
  async function countOne(): Promise<number> {
    const tags = filter?.tags ?? []
    for await (const { accounts } of vault.pages({ ...meant, ...(tags.length > 0 && { tags }), limit: 1 }))
      if (accounts.some(header => isMeant(header) && tags.every(tag => hasTag(header.tags, tag)))) return 1
    return 0
  }

  return {
    now,
    store: vault.kind,
    pages,
    besides: () => {
      const narrowed = sieve?.narrowed([], apps)
      const leftOut = (narrowed?.leftOut ?? 0) + unseen
      return {
        now,
        apps: narrowed?.apps ?? apps,
        notConnected: narrowed?.isFiltered === true ? [] : listed(words, apps).filter(id => !known.has(id)),
        missing,
        warnings: [...noted.notes(), ...door.warnings()],
        problems: [...unreadable, ...others.unreadable].map(({ error }) => error),
        store: vault.kind,
        storeNote: undefined,
        lastOpened: door.lastOpened(),
        ...(narrowed === undefined ? {} : { narrowed: { ...narrowed, leftOut } }),
      }
    },
  }
}

/** The records that are no accounts: few, and needed before the first account. */
async function othersOf(vault: Vault): Promise<Pick<Listing, 'apps' | 'unreadable'>> {
  const found = { apps: [] as Listing['apps'][number][], unreadable: [] as Unreadable[] }
  for await (const { apps, unreadable } of vault.pages({ kinds: ['app', 'channel'] })) {
    found.apps.push(...apps)
    found.unreadable.push(...unreadable.filter(record => accountOf(record) === undefined))
  }
  return found
}

const marketplacesOf = (words: readonly string[]) => [...new Set(words.map(word => word.split(':')[0] ?? ''))]

function queryOfWords(words: readonly string[]): Pick<HeaderQuery, 'keys' | 'marketplaces'> {
  if (words.length === 0) return {}
  if (words.every(word => word.includes(':'))) return { keys: words.map(accountKey) }
  return { marketplaces: marketplacesOf(words) }
}

function meantBy(words: readonly string[]): (header: Pick<AccountHeader, 'account'>) => boolean {
  const named = new Set(words)
  if (named.size === 0) return () => true
  return ({ account }) => named.has(account) || named.has(account.slice(0, account.indexOf(':')))
}

/** Marketplaces that were asked for and have no account. Where each word has one, no more than these is read. */
async function missingOf(
  words: readonly string[],
  vault: Vault,
  { adapterOf }: MarketplaceRules,
): Promise<readonly string[]> {
  const asked = words.map(word => ({ word, ...parseAccount(word) }))
  const names = asked.flatMap(({ word, name }) => (name === undefined ? [] : [accountKey(word)]))
  const there = new Set<string>()
  if (names.length > 0)
    for await (const { accounts } of vault.pages({ kinds: ['account'], keys: names }))
      for (const { account } of accounts) there.add(account)
  for (const { marketplace, name } of asked)
    if (name === undefined)
      for await (const { accounts } of vault.pages({
        kinds: ['account'],
        marketplaces: [marketplace],
        limit: 1,
      }))
        if (accounts.some(header => refOf(header).marketplace === marketplace)) there.add(marketplace)
  if (words.every(word => there.has(word))) return []
  // What a person is told of a word is one rule, over all accounts of the marketplaces that were asked for.
  const headers: AccountHeader[] = []
  const unreadable: Unreadable[] = []
  for await (const listing of vault.pages({ kinds: ['account'], marketplaces: marketplacesOf(words) })) {
    headers.push(...listing.accounts)
    unreadable.push(...listing.unreadable)
  }
  const damaged = new Set(unreadable.map(record => accountOf(record)?.marketplace))
  return select(words, headers, unreadable, adapterOf).missing.filter(id => !damaged.has(id))
}

/** Far enough ahead that every date lies before it. */
const ALWAYS = Date.UTC(9999, 0, 1)

/** The bounds of every marketplace that an account may be of; where one cannot be used, all its accounts are meant. */
function boundsOf(
  words: readonly string[],
  others: Pick<Listing, 'apps' | 'unreadable'>,
  { adapterOf, policyOf }: MarketplaceRules,
  world: World,
): (at: EpochMs) => readonly DueBounds[] {
  const all = () => [
    ...[...MARKETPLACE_IDS, ...SHIPPED_IDS, ...world.settings().own.ids()],
    ...others.apps.map(({ marketplace }) => marketplace),
    ...others.unreadable.map(({ key }) => keySubject(key).split(':')[0] ?? ''),
  ]
  return at => {
    const ids = words.length > 0 ? marketplacesOf(words) : [...new Set(all())]
    return ids.map(marketplace => {
      try {
        const adapter = adapterOf(marketplace)
        return dueBounds(adapter, policyOf(adapter), at)
      } catch (error) {
        if (!isTokenctlError(error) || !isUnusable(error)) throw error
        const [lastBefore, endsBefore, consentBefore] = [ALWAYS, ALWAYS, ALWAYS]
        return { marketplace, lastBefore, endsBefore, consentBefore, wantsEnd: true, ahead: ALWAYS }
      }
    })
  }
}
