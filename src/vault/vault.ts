/**
 * Accounts and apps over any store: key names, revisions, record versions, checks. One class for all stores.
 * I1 leans on `save`: what it returns was written, read back and compared. I5 leans on `load`: unreadable is an error,
 * never "none", and nothing that cannot be read is ever written over or removed.
 * Callers hold the account's lock; the revision is the second line, for when they do not.
 */
import { TokenctlError } from '../errors.ts'
import type { Locks } from '../platform/file-lock.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { App } from '../tokens/app-keys.ts'
import type { Secret } from '../tokens/secret.ts'
import type { AccountHeader, TokenSet } from '../tokens/token-set.ts'
import type { AskedConsents } from './asked-consents.ts'
import type { Channels } from './channels.ts'
import type { Fleet } from './fleet.ts'
import type { HeaderQuery } from './header-query.ts'
import type { Journal } from './journal.ts'
import { journalEntry, withJournal } from './journal-head.ts'
import { type Listing, Listings } from './listings.ts'
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
import type { HeaderJson, SecretRecord, SecretStore } from './secret-store.ts'

export type StoredAccount = TokenSet & { readonly revision: Revision }
export type StoredApp = App & { readonly revision: Revision }

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
  readonly #listings: Listings
  #journal: Journal | undefined
  /** Apps as they were read last. */
  readonly #apps = new Map<string, { header: HeaderJson; text: string; app: StoredApp }>()

  constructor(store: SecretStore, options: VaultOptions = {}) {
    this.#store = store
    this.#onOpen = options.onOpen ?? (() => {})
    this.#listings = new Listings(store, options.refuses ?? (() => undefined))
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
    const onChange = (key: string) => this.#listings.forget(key)
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
    return await this.#listings.all()
  }

  /** Whether `pages` has more than one, chosen by the store. */
  get hasPages(): boolean {
    return this.#store.pages !== undefined
  }

  /** As `Listings.some`. */
  async listingOf(some: Pick<HeaderQuery, 'keys' | 'due'>): Promise<Listing> {
    return await this.#listings.some(some)
  }

  /** As `Listings.pages`. */
  pages(query: HeaderQuery): AsyncGenerator<Listing, void, undefined> {
    return this.#listings.pages(query)
  }

  /** As `Listings.headersOf`. */
  headersOf(keys: readonly string[]): AsyncGenerator<Listing, void, undefined> {
    return this.#listings.headersOf(keys)
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
    return this.#listings.twinOf(formatAccount(ref))
  }

  /** What a person should know and no call failed over; whole sentences. */
  warnings(): readonly string[] {
    return [...(this.#store.warnings?.() ?? []), ...this.#listings.notes()]
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

type Loaded = SecretRecord & { readonly text: string }

async function readApp(key: string, record: SecretRecord): Promise<StoredApp> {
  const { readAppSecrets } = await import('./record-secrets.ts')
  const { header, revision } = readAppHeader(key, record.header)
  return { header, ...readAppSecrets(key, record.body), revision }
}
