/**
 * Accounts and apps over any store: key names, revisions, record versions, checks. One class for all stores.
 * I1 leans on `save`: what it returns was written, read back and compared. I5 leans on `load`: unreadable is an error,
 * never "none", and nothing that cannot be read is ever written over or removed.
 * Callers hold the account's lock; the revision is the second line, for when they do not.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Locks } from '../platform/file-lock.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { App, AppHeader } from '../tokens/app-keys.ts'
import type { Secret } from '../tokens/secret.ts'
import type { AccountHeader, TokenSet } from '../tokens/token-set.ts'
import type { AskedConsents } from './asked-consents.ts'
import { type ChannelHeader, readChannelHeader } from './channel-header.ts'
import type { Channels } from './channels.ts'
import type { Fleet } from './fleet.ts'
import type { HeaderQuery } from './header-query.ts'
import type { Journal } from './journal.ts'
import { type HeadEntry, journalEntry, journalHeads, journalNote, withJournal } from './journal-head.ts'
import {
  accountKey,
  appKey,
  keySubject,
  type Revision,
  readAccountHeader,
  readAppHeader,
  writeAccountHeader,
  writeAppHeader,
} from './records.ts'
import { holdTheSame, refuseStale, sameRecord } from './save-checks.ts'
import type { HeaderEntry, HeaderJson, SecretRecord, SecretStore } from './secret-store.ts'
import { TwinSearch, twinNote, twinsOf } from './twins.ts'

export type StoredAccount = TokenSet & { readonly revision: Revision }
export type StoredApp = App & { readonly revision: Revision }

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

export interface VaultOptions {
  /** Told each time that a body was opened, with the record's key. */
  readonly onOpen?: (key: string) => void
  /** Why the records of a marketplace cannot be used; a listing counts them among the unreadable (I5). */
  readonly refuses?: (marketplace: string) => TokenctlError | undefined
}

export interface SaveOptions {
  /** The account's journal goes as soon as this is stored: what is returned need not say what it says. */
  readonly endsJournal?: boolean
}

/** How often a record is read again while another run is replacing its parts. */
const READ_ATTEMPTS = 3

export class Vault {
  readonly #store: SecretStore
  readonly #onOpen: (key: string) => void
  readonly #refuses: (marketplace: string) => TokenctlError | undefined
  #journal: Journal | undefined
  /** Accounts of the last listing that hold one token, by name, each with the other's. */
  #twins: ReadonlyMap<string, string> = new Map()
  /** Apps as they were read last. */
  readonly #apps = new Map<string, { header: HeaderJson; text: string; app: StoredApp }>()
  /** Journals that no header of the last listing speaks for. */
  #unspoken = new Map<string, HeadEntry>()

  constructor(store: SecretStore, options: VaultOptions = {}) {
    this.#store = store
    this.#onOpen = options.onOpen ?? (() => {})
    this.#refuses = options.refuses ?? (() => undefined)
  }

  get kind(): SecretStore['kind'] {
    return this.#store.kind
  }

  /** The locks of this vault's own scope, by account: they shut out every process that uses it. */
  get locks(): Locks {
    return { hold: (name, work, how) => this.#store.lock(name, work, how) }
  }

  /** Whether a lock of `locks` is still held that was given; false when the way to the store was cut meanwhile. */
  async holds(name: string): Promise<boolean> {
    return (await this.#store.holds?.(name)) ?? true
  }

  /** What the machines of a fleet share besides records; undefined where the store is of one machine. */
  get fleet(): Fleet | undefined {
    return this.#store.fleet
  }

  /** What is on its way between a marketplace and this vault. */
  async journal(): Promise<Journal> {
    // What was done to a journal since the listing makes what was said of it old.
    const onChange = (key: string) => this.#unspoken.delete(key)
    this.#journal ??= new (await import('./journal.ts')).Journal(this.#store, onChange)
    return this.#journal
  }

  /** Consents that were asked for by a link. */
  async askedConsents(): Promise<AskedConsents> {
    return new (await import('./asked-consents.ts')).AskedConsents(this.#store)
  }

  /** The notice channels, with their secrets. */
  async channels(): Promise<Channels> {
    const { Channels } = await import('./channels.ts')
    return new Channels({
      load: key => this.#load(key),
      save: (key, after, next) => this.#save(key, after, next),
      remove: (key, after) => this.#remove(key, after),
    })
  }

  /** Proves by doing that the vault can be written now. @throws {WRITE_FAILED} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE} */
  async prove(): Promise<void> {
    await this.#store.prove()
  }

  /** Every header there is. Opens no body and asks nobody for anything. */
  async listing(): Promise<Listing> {
    const heads = await this.#heads()
    const listing = this.#listed(await this.#store.headers(), heads)
    this.#unspoken = heads
    this.#twins = twinsOf(listing.accounts)
    return { ...listing, accounts: listing.accounts.map(withAppsOf(listing.apps)) }
  }

  /** Whether `pages` has more than one, chosen by the store. */
  get hasPages(): boolean {
    return this.#store.pages !== undefined
  }

  /**
   * The listing of some accounts, with all apps and channels, for whoever needs no others; all there is where the store cannot
   * choose.
   */
  async listingOf(some: Pick<HeaderQuery, 'keys' | 'due'>): Promise<Listing> {
    if (this.#store.pages === undefined) return await this.listing()
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
      yield await this.listing()
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

  /**
   * One account with its tokens; undefined when there is none.
   *
   * @throws {RECORD_UNREADABLE} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE}
   */
  async account(ref: AccountRef): Promise<StoredAccount | undefined> {
    const key = accountKey(formatAccount(ref))
    const loaded = await this.#load(key)
    return loaded === undefined ? undefined : await this.#account(key, loaded)
  }

  /**
   * Stores an account over revision `after` (null: there must be none yet) and returns it as it was read back.
   * The header's fingerprint is computed here, whatever it was.
   *
   * @throws {LOCK_HELD} when another run stored it since `after` · {WRITE_FAILED} · {RECORD_UNREADABLE} · {VAULT_LOCKED}
   *   · {VAULT_UNAVAILABLE}
   */
  async saveAccount(
    set: TokenSet,
    after: Revision | null,
    { endsJournal = false }: SaveOptions = {},
  ): Promise<StoredAccount> {
    const key = accountKey(set.header.account)
    const { writeAccountSecrets } = await import('./record-secrets.ts')
    const token = set.secrets.refreshToken
    const fingerprint = token === null ? null : await this.fingerprint(token)
    const revision = (after ?? 0) + 1
    const written = writeAccountHeader({ ...set.header, fingerprint }, revision)
    // A header that could be written and not read again must not get as far as the store.
    const read = readAccountHeader(key, written)
    const next = { header: written, ...writeAccountSecrets(set.secrets) }
    const saved = await this.#save(key, after, next)
    if (saved !== next) return await this.#account(key, saved)
    const header = endsJournal ? read.header : await this.#withJournal(key, read.header)
    return { header, secrets: set.secrets, revision }
  }

  /**
   * One app with its keys; undefined when there is none.
   *
   * @throws {RECORD_UNREADABLE} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE}
   */
  async app(marketplace: string, name: string): Promise<StoredApp | undefined> {
    const key = appKey(marketplace, name)
    const loaded = await this.#load(key)
    if (loaded === undefined) return undefined
    // A thousand accounts have one app: a store that gives the same header again has found the record unchanged.
    const known = this.#apps.get(key)
    if (known?.header === loaded.header && known.text === loaded.text) return known.app
    const app = await readApp(key, loaded)
    this.#apps.set(key, { header: loaded.header, text: loaded.text, app })
    return app
  }

  /**
   * Stores an app over revision `after` (null: there must be none yet) and returns it as it was read back.
   *
   * @throws {LOCK_HELD} when another run stored it since `after` · {WRITE_FAILED} · {RECORD_UNREADABLE} · {VAULT_LOCKED}
   *   · {VAULT_UNAVAILABLE}
   */
  async saveApp(app: App, after: Revision | null): Promise<StoredApp> {
    const key = appKey(app.header.marketplace, app.header.name)
    const { writeAppSecrets } = await import('./record-secrets.ts')
    const header = writeAppHeader(app.header, (after ?? 0) + 1)
    readAppHeader(key, header)
    const saved = await this.#save(key, after, { header, body: writeAppSecrets(app), perishable: null })
    return await readApp(key, saved)
  }

  /**
   * Removes an account at revision `after`. Null removes what is left of one whose secret another program took away.
   *
   * @throws {LOCK_HELD} when another run stored it since · {RECORD_UNREADABLE} when it cannot be read · {ACCOUNT_UNKNOWN}
   */
  async removeAccount(ref: AccountRef, after: Revision | null): Promise<void> {
    await this.#remove(accountKey(formatAccount(ref)), after)
  }

  /**
   * Removes an app at revision `after`; null as for an account.
   *
   * @throws {LOCK_HELD} · {RECORD_UNREADABLE} · {ACCOUNT_UNKNOWN}
   */
  async removeApp(marketplace: string, name: string, after: Revision | null): Promise<void> {
    await this.#remove(appKey(marketplace, name), after)
  }

  /**
   * Gives an account another name: stored and read back under the new one before the old one goes. A run that is
   * killed in between leaves both, and the same rename finishes it: one rotating token must not live under two names.
   *
   * @throws {ACCOUNT_UNKNOWN} when there is no `from` · {USAGE} when `to` is there with another token, or of another marketplace
   */
  async renameAccount(from: AccountRef, to: AccountRef): Promise<StoredAccount> {
    const [oldName, newName] = [formatAccount(from), formatAccount(to)]
    const old = await this.account(from)
    if (old === undefined) throw new TokenctlError('ACCOUNT_UNKNOWN', `There is no account ${oldName}.`)
    if (from.marketplace !== to.marketplace)
      throw new TokenctlError(
        'USAGE',
        `${oldName} cannot become ${newName}: a token stays its marketplace's.`,
      )
    const there = await this.account(to)
    if (there !== undefined && !holdTheSame(old.secrets, there.secrets))
      throw new TokenctlError('USAGE', `There is an account ${newName} already.`, {
        fix: 'Choose another name, or remove that account first.',
      })
    const renamed =
      there ??
      (await this.saveAccount({ header: { ...old.header, account: newName }, secrets: old.secrets }, null))
    await (await this.journal()).move(oldName, newName)
    await this.removeAccount(from, old.revision)
    return renamed
  }

  /** What the header of an account that holds this token has as `fingerprint`; another store has another. */
  async fingerprint(token: Secret): Promise<string> {
    return await this.#store.fingerprint(token.reveal())
  }

  /** The other account of the last listing that holds the same token, as a rename that was cut off leaves them. */
  twinOf(ref: AccountRef): string | undefined {
    return this.#twins.get(formatAccount(ref))
  }

  /** What a person should know and no call failed over; whole sentences. */
  warnings(): readonly string[] {
    return [
      ...(this.#store.warnings?.() ?? []),
      ...[...this.#unspoken.values()].flatMap(journalNote),
      ...[...this.#twins].filter(([one, other]) => one < other).map(twinNote),
    ]
  }

  /** Lets go of whatever the store holds. Safe to call twice. */
  async close(): Promise<void> {
    await this.#store.close()
  }

  async #account(key: string, record: SecretRecord): Promise<StoredAccount> {
    const { readAccountSecrets } = await import('./record-secrets.ts')
    const { header, revision } = readAccountHeader(key, record.header)
    const secrets = readAccountSecrets(key, record.body, record.perishable)
    return { header: await this.#withJournal(key, header), secrets, revision }
  }

  async #withJournal(key: string, header: AccountHeader): Promise<AccountHeader> {
    return withJournal(header, await journalEntry(key, this.#store.journal))
  }

  /** A record with its body put together; `text` is what stands in the store for it. */
  async #load(key: string): Promise<Loaded | undefined> {
    const { readParts } = await import('./parts.ts')
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
      const record = await this.#store.get(key)
      if (record === undefined) return undefined
      const body = await readParts(this.#store, key, record.body)
      if (body === undefined) continue
      this.#onOpen(key)
      return { ...record, body, text: record.body }
    }
    throw new TokenctlError('RECORD_UNREADABLE', `A part of the record ${key} is missing.`)
  }

  async #save(key: string, after: Revision | null, next: SecretRecord): Promise<SecretRecord> {
    const { needsParts, removeParts, writeParts } = await import('./parts.ts')
    if (this.#store.replace !== undefined && !needsParts(this.#store, next))
      return await this.#replace(key, after, next)
    const before = await this.#load(key)
    refuseStale(key, before, after)
    const revision = (after ?? 0) + 1
    const body = await writeParts(this.#store, key, revision, next.header, next.body)
    await this.#store.put(key, { ...next, body })
    const saved = await this.#load(key)
    if (saved === undefined || !sameRecord(saved, next))
      throw new TokenctlError('WRITE_FAILED', `${keySubject(key)} did not read back as it was written.`, {
        account: keySubject(key),
        fix: 'Run `tokenctl status --verify`; the store may be failing.',
      })
    if (before !== undefined) await removeParts(this.#store, key, before.text)
    return saved
  }

  /**
   * The same where the store compares while it writes: what stands there at this revision was opened by whoever names it, and
   * what the store says is written is durable.
   */
  async #replace(key: string, after: Revision | null, next: SecretRecord): Promise<SecretRecord> {
    if ((await this.#store.replace?.(key, next, after)) === true) return next
    const before = await this.#load(key)
    refuseStale(key, before, after)
    throw new TokenctlError('LOCK_HELD', `${keySubject(key)} was changed by another run meanwhile.`, {
      account: keySubject(key),
      fix: 'Nothing was changed. Run it again.',
    })
  }

  async #remove(key: string, after: Revision | null): Promise<void> {
    if (after === null) {
      if ((await this.#store.isGone?.(key)) === true) await this.#store.delete(key)
      else refuseStale(key, await this.#load(key), null)
      return
    }
    const { removeParts } = await import('./parts.ts')
    const before = await this.#load(key)
    if (before === undefined)
      throw new TokenctlError('ACCOUNT_UNKNOWN', `There is no ${keySubject(key)} any more.`)
    refuseStale(key, before, after)
    await this.#store.delete(key)
    await removeParts(this.#store, key, before.text)
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

type Loaded = SecretRecord & { readonly text: string }

async function readApp(key: string, record: SecretRecord): Promise<StoredApp> {
  const { readAppSecrets } = await import('./record-secrets.ts')
  const { header, revision } = readAppHeader(key, record.header)
  return { header, ...readAppSecrets(key, record.body), revision }
}
