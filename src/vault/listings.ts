/**
 * What is there, by headers alone: all of it, some of it, or page by page where a store holds a million. Nothing here opens a
 * body. It remembers of what it saw last which journals nobody speaks for and which accounts hold one token, for whoever
 * renews and for the notes at the end.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { AppHeader } from '../tokens/app-keys.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { type ChannelHeader, readChannelHeader } from './channel-header.ts'
import type { HeaderQuery } from './header-query.ts'
import { type HeadEntry, journalHeads, journalNote, withJournal } from './journal-head.ts'
import { accountKey, appKey, keySubject, readAccountHeader, readAppHeader } from './records.ts'
import type { HeaderEntry, SecretStore } from './secret-store.ts'
import { TwinSearch, twinNote, twinsOf } from './twins.ts'

export interface Listing {
  /** By account name. */
  readonly accounts: readonly AccountHeader[]
  /** By marketplace and name. */
  readonly apps: readonly AppHeader[]
  /** By name. */
  readonly channels: readonly ChannelHeader[]
  /** What is there and cannot be read; `key` is `account/ebay:main`. */
  readonly unreadable: readonly { readonly key: string; readonly error: TokenctlError }[]
}

export class Listings {
  readonly #store: SecretStore
  readonly #refuses: (marketplace: string) => TokenctlError | undefined
  /** Accounts that hold one token, by name, each with the other's, as far as the last look went. */
  #twins: ReadonlyMap<string, string> = new Map()
  /** Journals that no header of the last look speaks for. */
  #unspoken = new Map<string, HeadEntry>()

  /** @param refuses why the records of a marketplace cannot be used; they are counted among the unreadable (I5) */
  constructor(store: SecretStore, refuses: (marketplace: string) => TokenctlError | undefined) {
    this.#store = store
    this.#refuses = refuses
  }

  /** Every header there is. Opens no body and asks nobody for anything. */
  async all(): Promise<Listing> {
    const heads = await this.#heads()
    const listing = this.#listed(await this.#store.headers(), heads)
    this.#unspoken = heads
    this.#twins = twinsOf(listing.accounts)
    return { ...listing, accounts: listing.accounts.map(withAppsOf(listing.apps)) }
  }

  /**
   * The listing of some accounts, with all apps and channels, for whoever needs no others; all there is where the store cannot
   * choose.
   */
  async some(some: Pick<HeaderQuery, 'keys' | 'due'>): Promise<Listing> {
    if (this.#store.pages === undefined) return await this.all()
    const pages: Listing[] = []
    for await (const page of this.pages({ kinds: ['app', 'channel'] })) pages.push(page)
    const { keys } = some
    const wanted = keys === undefined ? this.pages({ kinds: ['account'], ...some }) : this.headersOf(keys)
    for await (const page of wanted) pages.push(page)
    const accounts = pages.flatMap(page => page.accounts).sort((a, b) => (a.account < b.account ? -1 : 1))
    const apps = pages.flatMap(page => page.apps)
    return {
      accounts: accounts.map(withAppsOf(apps)),
      apps,
      channels: pages.flatMap(page => page.channels),
      unreadable: pages.flatMap(page => page.unreadable),
    }
  }

  /**
   * The headers that a query means (or more), a page at a time, by key; the pages of a store that cannot choose are one, with
   * all there is. Accounts whose apps are of another page do not say what these are: whoever wants that takes the listing.
   * What `warnings` says of journals is known after the last page, and of twins where all accounts were meant.
   */
  async *pages(query: HeaderQuery): AsyncGenerator<Listing, void, undefined> {
    const pages = this.#store.pages?.(query)
    if (pages === undefined) {
      yield await this.all()
      return
    }
    const heads = await this.#heads()
    const twins = isOfAllAccounts(query) ? new TwinSearch() : undefined
    const met = new Set<string>()
    for await (const entries of pages) {
      for (const { key } of entries) if (heads.has(key)) met.add(key)
      const listing = this.#listed(entries, heads)
      for (const { fingerprint } of twins === undefined ? [] : listing.accounts)
        if (fingerprint !== null) twins?.add(fingerprint)
      if (query.due !== undefined) await this.#findTwins(listing.accounts)
      yield listing
    }
    const unmet = [...heads.keys()].filter(key => !met.has(key) && (query.keys?.includes(key) ?? true))
    if (query.due !== undefined && unmet.length > 0) yield* this.#ofJournals(query, unmet, heads)
    await this.#lookAgain(heads, twins?.twice)
  }

  /**
   * The headers of these records alone, each with what its own journal says: for whoever was given the keys, page after
   * page. What others have on their way is not looked at, and `warnings` says nothing of it.
   */
  async *headersOf(keys: readonly string[]): AsyncGenerator<Listing, void, undefined> {
    const wanted = new Set(keys)
    const heads = new Map((await journalHeads(this.#store.journal, wanted)).map(head => [head.key, head]))
    const pages = this.#store.pages?.({ keys }) ?? [await this.#store.headers()]
    for await (const entries of pages) {
      const listing = this.#listed(
        entries.filter(({ key }) => wanted.has(key)),
        heads,
      )
      await this.#findTwins(listing.accounts)
      yield listing
    }
  }

  /** Notes which of these accounts hold a token that another holds too: whoever renews them must know it first. */
  async #findTwins(accounts: readonly AccountHeader[]): Promise<void> {
    if (this.#store.sharing === undefined) return
    const shared = await this.#store.sharing(accounts.map(({ account }) => accountKey(account)))
    const twins = new Map(this.#twins)
    for (const { account } of accounts) twins.delete(account)
    for (const [key, other] of shared) twins.set(keySubject(key), keySubject(other))
    this.#twins = twins
  }

  /** Accounts of these journals: what a journal says of one stands in no column that a store could choose by. */
  async *#ofJournals({ due: _, ...query }: HeaderQuery, keys: string[], heads: Map<string, HeadEntry>) {
    for await (const entries of this.#store.pages?.({ ...query, keys }) ?? [])
      yield this.#listed(entries, heads)
  }

  /** What only the whole of a store's headers tells: the journals that nobody speaks for, and the names of twins. */
  async #lookAgain(heads: Map<string, HeadEntry>, twice?: ReadonlySet<string>): Promise<void> {
    const listed = async (query: HeaderQuery, keep: (listing: Listing) => void) => {
      for await (const entries of this.#store.pages?.(query) ?? []) keep(this.#listed(entries, heads))
    }
    // Those of accounts that the query did not mean are spoken for all the same.
    if (heads.size > 0) await listed({ keys: [...heads.keys()] }, () => {})
    this.#unspoken = heads
    if (twice === undefined) return
    const alike: AccountHeader[] = []
    const keep = ({ accounts }: Listing) =>
      void alike.push(...accounts.filter(({ fingerprint }) => twice.has(fingerprint ?? '')))
    if (twice.size > 0) await listed({ kinds: ['account'] }, keep)
    this.#twins = twinsOf(alike)
  }

  /** The heads of all journals, by key. */
  async #heads(): Promise<Map<string, HeadEntry>> {
    return new Map((await journalHeads(this.#store.journal)).map(head => [head.key, head]))
  }

  /** What headers say, with what the journals say of them; heads that were used up are taken out. */
  #listed(entries: readonly HeaderEntry[], heads: Map<string, HeadEntry>): Listing {
    const withHead = (key: string, header: AccountHeader) => {
      const head = heads.get(key)
      if (head === undefined) return header
      if (!('problem' in head)) heads.delete(key)
      return withJournal(header, head)
    }
    const accounts: AccountHeader[] = []
    const apps: AppHeader[] = []
    const channels: ChannelHeader[] = []
    const unreadable: { key: string; error: TokenctlError }[] = []
    for (const entry of entries) {
      try {
        if ('problem' in entry) throw entry.problem
        this.#refuseUnusable(entry.key)
        if (entry.key.startsWith('account/'))
          accounts.push(withHead(entry.key, readAccountHeader(entry.key, entry.header).header))
        else if (entry.key.startsWith('channel/'))
          channels.push(readChannelHeader(entry.key, entry.header).header)
        else apps.push(readAppHeader(entry.key, entry.header).header)
      } catch (error) {
        if (!isTokenctlError(error)) throw error
        unreadable.push({ key: entry.key, error })
      }
    }
    return { accounts, apps, channels, unreadable }
  }

  /** @throws why the records of this one's marketplace cannot be used */
  #refuseUnusable(key: string): void {
    if (key.startsWith('channel/')) return
    const subject = keySubject(key)
    const why = this.#refuses(subject.slice(0, subject.indexOf(':')))
    if (why === undefined) return
    const message = `${key.startsWith('app/') ? 'The app' : 'The account'} ${subject} cannot be used: ${why.message}`
    throw new TokenctlError(why.code, message, { account: subject, fix: why.fix, cause: why })
  }

  /** The other account that holds the same token, `ebay:main` each. */
  twinOf(account: string): string | undefined {
    return this.#twins.get(account)
  }

  /** What was done to a journal makes what was said of it old. */
  forget(key: string): void {
    this.#unspoken.delete(key)
  }

  /** What a person should know of journals and twins; whole sentences. */
  notes(): readonly string[] {
    return [
      ...[...this.#unspoken.values()].flatMap(journalNote),
      ...[...this.#twins].filter(([one, other]) => one < other).map(twinNote),
    ]
  }
}

function isOfAllAccounts({ kinds = ['account'], ...narrower }: HeaderQuery): boolean {
  return kinds.includes('account') && Object.values(narrower).every(each => each === undefined)
}

/** What gives an account's header what its app is, as the app's own record has it. */
export function withAppsOf(apps: readonly AppHeader[]): (header: AccountHeader) => AccountHeader {
  const isPublic = new Map(apps.map(app => [appKey(app.marketplace, app.name), app.isPublic]))
  return header => {
    const { account, app } = header
    const isAppPublic = isPublic.get(appKey(account.slice(0, account.indexOf(':')), app ?? ''))
    return isAppPublic === undefined ? header : { ...header, isAppPublic }
  }
}
