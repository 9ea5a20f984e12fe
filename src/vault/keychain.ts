/**
 * The keychain store: a record's body is an item of its own in the operating system's keychain, its header a small
 * file in the state folder, written after the item; beside it the access token, sealed under a key that is an item too.
 * Listing reads the files and wakes nothing. Where file and item differ the item is right, and the file is repaired.
 * An account that a file or the index knows and the keychain does not give is never "none" (I5): locked keychains of
 * some kinds answer as if they were empty.
 */
import { dirname, join } from 'node:path'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import { COMFORTABLE_RECORDS } from './choices.ts'
import { HeaderFiles } from './header-files.ts'
import { held } from './held.ts'
import { ASKED, createJournalFiles, type JournalStore } from './journal-store.ts'
import { type VaultKey, vaultKey } from './key-source.ts'
import { type IndexState, isListed, KeychainIndex, type Pending, strike } from './keychain-index.ts'
import type { KeychainItems } from './keychain-items.ts'
import { KeychainKey } from './keychain-key.ts'
import { differences, indexOfHeaders, keysOf, rebuildLists } from './keychain-rebuild.ts'
import { ITEM_OVERHEAD_BYTES, type Item, readItem, writeItem } from './keychain-records.ts'
import { isPart } from './record-file.ts'
import { recordBytes } from './record-size.ts'
import { keySubject } from './records.ts'
import type { HeaderEntry, Rebuilt, SecretRecord, SecretStore } from './secret-store.ts'

/**
 * Windows' limit for one credential, 5 × 512 bytes.
 *
 * @see https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw (checked 22 Nov 2026)
 */
const WINDOWS_ITEM_BYTES = 2560
/** Others take MiBs; a record never comes near this. */
const OTHER_ITEM_BYTES = 512 * 1024

export interface KeychainStoreOptions {
  /** Holds the header files and nothing else. It must be there, private, before the store is used. */
  readonly folder: string
  readonly files: Files
  readonly items: KeychainItems
  /** Holds the journal; made when it is needed. */
  readonly journalFolder: string
  /** Shuts out every other process of this user that uses these items, whatever its own folders are. */
  readonly lock: <T>(name: string, work: () => Promise<T>) => Promise<T>
}

/** The name of the lock on index and key, which all records share. */
const INDEX_LOCK = 'keychain-index'
/** An item that says nothing, written to see whether items can be. It stays: two runs may be at it at once. */
const WRITE_PROOF = 'write-proof'

export class KeychainStore implements SecretStore {
  readonly kind = 'keychain'
  readonly maxValueBytes: number
  readonly #headers: HeaderFiles
  readonly #items: KeychainItems
  readonly #index: KeychainIndex
  readonly lock: KeychainStoreOptions['lock']
  readonly journal: JournalStore
  readonly asked: JournalStore
  readonly #files: Files
  readonly #folder: string
  readonly #proof = held(() => this.#proveNow())
  readonly #warnings = new Set<string>()
  readonly #key: KeychainKey
  #isCompared = false

  constructor({ folder, journalFolder, files, items, lock }: KeychainStoreOptions) {
    const itemBytes = files.platform === 'win32' ? WINDOWS_ITEM_BYTES : OTHER_ITEM_BYTES
    this.maxValueBytes = itemBytes - ITEM_OVERHEAD_BYTES
    this.#headers = new HeaderFiles(folder, files)
    this.#items = items
    this.#index = new KeychainIndex(items, itemBytes)
    this.lock = lock
    this.journal = createJournalFiles(journalFolder, files)
    this.asked = createJournalFiles(join(dirname(journalFolder), 'asked'), files, ASKED)
    this.#files = files
    this.#folder = folder
    // A keychain that is open gives its index, where records are known; one that gives neither may be locked.
    const mayBeLocked = async () =>
      (await this.#index.read()) === undefined && this.#headers.keys().length > 0
    this.#key = new KeychainKey({ items, lock: work => lock(INDEX_LOCK, work), mayBeLocked })
  }

  async headers(): Promise<readonly HeaderEntry[]> {
    return this.#headers.entries()
  }

  async get(key: string): Promise<SecretRecord | undefined> {
    if (isPart(key)) {
      const part = await this.#item(key)
      return part && { ...part, perishable: null }
    }
    let item: Item | undefined
    // Twice: where another run wrote item and file between our two readings, it is our item that is old.
    for (let attempt = 0; attempt < 2; attempt++) {
      item = await this.#item(key)
      if (item === undefined) {
        await this.#refuseLost(key)
        return undefined
      }
      await this.#compare()
      if (this.#headers.matches(key, item.header)) return { ...item, perishable: await this.#perishable(key) }
    }
    if (item === undefined) return undefined
    await this.#repair(key, item)
    return { ...item, perishable: null }
  }

  async put(key: string, record: SecretRecord): Promise<void> {
    const bytes = recordBytes(record)
    if (bytes > this.maxValueBytes)
      throw new TokenctlError(
        'WRITE_FAILED',
        `The record ${key} has ${bytes} bytes; the keychain takes ${this.maxValueBytes}.`,
      )
    // Read for one reason: what cannot be read is not written over.
    if ((await this.#item(key)) === undefined && !isPart(key)) await this.#refuseLost(key)
    if (!isPart(key) && !this.#headers.has(key)) await this.#change(key, 'adding')
    const { header, perishable } = record
    // Fetched before the item is written: what comes after it should have no other way to fail than the disk's.
    const beside = perishable === null ? null : { text: perishable, key: await this.#key.get() }
    await this.#items.set(key, writeItem(key, record))
    if (isPart(key)) return
    await this.#headers.write(key, header, beside)
    await this.#compare()
  }

  async delete(key: string): Promise<boolean> {
    const item = await this.#item(key)
    if (isPart(key)) return await this.#items.delete(key)
    if (item === undefined && !(await this.isGone(key))) {
      await this.#refuseLost(key)
      return false
    }
    await this.#change(key, 'removing')
    this.#headers.remove(key)
    await this.#items.delete(key)
    return true
  }

  /** Whether the keychain is open, has no item of this key, and yet a header file or the index knows it. */
  async isGone(key: string): Promise<boolean> {
    if ((await this.#item(key)) !== undefined) return false
    const index = await this.#index.read()
    return index !== undefined && (this.#headers.has(key) || isListed(index, key))
  }

  async sealKey(): Promise<VaultKey> {
    return await vaultKey(await this.#key.get())
  }

  /** Once a run: a write takes a keychain tens of milliseconds, and a hundred accounts prove nothing more than one. */
  async prove(): Promise<void> {
    await this.#proof()
  }

  async #proveNow(): Promise<void> {
    this.#files.proveWritable(this.#folder)
    await this.#items.set(WRITE_PROOF, Buffer.from(WRITE_PROOF))
  }

  async fingerprint(text: string): Promise<string> {
    return await this.#key.fingerprint(text)
  }

  /** The keys that the keychain's own index lists; undefined when it has no index of this vault. */
  async listed(): Promise<readonly string[] | undefined> {
    const index = await this.#index.read()
    return index && keysOf(index)
  }

  /** Brings index and header files back from the items. @throws what the keychain throws · {WRITE_FAILED} */
  async rebuild(): Promise<Rebuilt> {
    this.#isCompared = true
    const item = (key: string) => this.#item(key)
    return await rebuildLists({
      headers: this.#headers,
      index: this.#index,
      item,
      lock: work => this.lock(INDEX_LOCK, work),
    })
  }

  /**
   * Takes out of the keychain what is left when the records are gone: the list of them. Only the key stays: what lies aside
   * and what a run left on its way is sealed under it, and a run that read it before would go on with it.
   *
   * @throws {BUG} while a record is listed, and what the keychain throws
   */
  async forget(): Promise<void> {
    const { forgetLists } = await import('./keychain-forget.ts')
    const remains = { index: this.#index, items: this.#items, names: [WRITE_PROOF] }
    await this.lock(INDEX_LOCK, () => forgetLists(remains))
  }

  warnings(): readonly string[] {
    const count = this.#headers.keys().length
    const many = `The keychain holds ${count} records; past some ${COMFORTABLE_RECORDS} it gets slow, and the file store serves better: \`tokenctl migrate --to file\` moves them.`
    return [...this.#warnings, ...(count > COMFORTABLE_RECORDS ? [many] : [])]
  }

  async close(): Promise<void> {
    await this.#items.close()
  }

  async #item(key: string): Promise<Item | undefined> {
    const bytes = await this.#items.get(key)
    return bytes && readItem(key, bytes)
  }

  /**
   * Throws when something knows of a record that the keychain gave no item of.
   * Where its index reads well the keychain is open, and the item was taken away; else it may only be locked.
   */
  async #refuseLost(key: string): Promise<void> {
    const index = await this.#index.read()
    const hasFile = this.#headers.has(key)
    if (!hasFile && !(index !== undefined && isListed(index, key))) return
    // A run that was killed between its announcement and the item: nothing was ever stored.
    if (!hasFile && index?.pending?.key === key && index.pending.change === 'adding') return
    const subject = keySubject(key)
    const removal = key.startsWith('app/')
      ? `app remove ${subject.replace(':', ' ')}`
      : `accounts remove ${subject}`
    const what = `The keychain gave no secret for ${subject}, though one was stored`
    if (index === undefined)
      throw new TokenctlError('VAULT_LOCKED', `${what}: it may be locked, or the item was removed.`, {
        account: subject,
        fix: 'Unlock the keychain and run it again.',
      })
    throw new TokenctlError('RECORD_UNREADABLE', `${what}: the item was removed by another program.`, {
      account: subject,
      fix: `Restore the keychain's backup, or remove what is left (\`tokenctl ${removal}\`) and enter it again.`,
    })
  }

  /** Announces in the index that a key comes or goes, and first ends what a killed run left half done. */
  async #change(key: string, change: 'adding' | 'removing'): Promise<void> {
    await this.lock(INDEX_LOCK, async () => {
      const index = (await this.#index.read()) ?? indexOfHeaders(this.#index, this.#headers)
      if (index.pending !== null && index.pending.key !== key) await this.#settle(index, index.pending)
      if (change === 'adding') this.#index.add(index, key)
      else strike(index, key)
      index.pending = { key, change }
      await this.#index.write(index)
    })
  }

  /** Brings the one change that may be half done to its begin or its end, by what is there. */
  async #settle(index: IndexState, { key, change }: Pending): Promise<void> {
    if (this.#headers.has(key)) {
      this.#index.add(index, key)
      return
    }
    const item = await this.#item(key)
    if (item === undefined) strike(index, key)
    else if (change === 'removing') await this.#items.delete(key)
    else await this.#headers.write(key, item.header, null)
  }

  /** Once a run, and only where the keychain was opened anyway: a header file that is gone is seen by nothing else. */
  async #compare(): Promise<void> {
    if (this.#isCompared) return
    this.#isCompared = true
    try {
      for (const each of differences(await this.#index.read(), this.#headers.keys())) this.#warnings.add(each)
    } catch (error) {
      // What was asked for went well; that the list cannot be read is worth a word, not a failure.
      if (!isTokenctlError(error)) throw error
      this.#warnings.add(error.message)
    }
  }

  async #repair(key: string, item: Item): Promise<void> {
    try {
      if (!this.#headers.has(key)) await this.#change(key, 'adding')
      await this.#headers.write(key, item.header, null)
    } catch (error) {
      // Reading went well; that the copy could not be mended is worth a word, not a failure.
      if (!isTokenctlError(error)) throw error
      this.#warnings.add(`The header of ${keySubject(key)} is behind its keychain item. ${error.message}`)
    }
  }

  /** The access token beside a header; null when there is none, or it does not open: it can be had again. */
  async #perishable(key: string): Promise<string | null> {
    const beside = await this.#headers.beside(key, () => this.#key.get())
    if (beside !== 'unopened') return beside.text
    this.#warnings.add(
      `The stored access token of ${keySubject(key)} does not open; the next refresh replaces it.`,
    )
    return null
  }
}
