/**
 * The sealed folder: one file a record, its header in the clear on the first line, tokens sealed under a 32-byte key on
 * the second, bound to the first. For servers, containers and cron. Listing reads first lines only: no key, no cipher.
 * It never writes over or removes a file that it cannot open (I5).
 */
import { dirname, join, sep } from 'node:path'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import { held } from './held.ts'
import { ASKED, createJournalFiles, type JournalStore } from './journal-store.ts'
import { keyedFingerprint } from './key.ts'
import type { KeySource, VaultKey } from './key-source.ts'
import { fileKey, fileName, isPart, MAX_FILE_BYTES, readHead, SEALED, writeHead } from './record-file.ts'
import { firstSealed, refuseOtherKey, type SealedRecord } from './record-key.ts'
import { MAX_RECORD_BYTES, refuseTooLong } from './record-size.ts'
import type { HeaderEntry, SecretRecord, SecretStore } from './secret-store.ts'

export interface FileStoreOptions {
  /** Holds the sealed files and nothing else. It must be there, private, before the store is used. */
  readonly folder: string
  readonly files: Files
  readonly keySource: () => KeySource
  /** The key that the records are being sealed with anew, or undefined: records under either one are read. */
  readonly nextKey?: () => Promise<VaultKey | undefined>
  /** Holds the journal; made when it is needed. */
  readonly journalFolder: string
  /** Shuts out other runs that use this folder. */
  readonly lock: <T>(name: string, work: () => Promise<T>) => Promise<T>
  /** Lets go of what the key source holds. */
  readonly close?: () => Promise<void>
}

/** The records in a folder of sealed files. Nothing is touched until a method is called. */
export function createFileStore(options: FileStoreOptions): SecretStore {
  return new FileStore(options)
}

class FileStore implements SecretStore {
  readonly kind = 'file'
  readonly maxValueBytes = MAX_RECORD_BYTES
  readonly journal: JournalStore
  readonly asked: JournalStore
  readonly #folder: string
  readonly #files: Files
  readonly #keySource: () => KeySource
  readonly #nextKey: () => Promise<VaultKey | undefined>
  readonly lock: FileStoreOptions['lock']
  readonly #close: () => Promise<void>
  #source: KeySource | undefined
  #isFolderSound = false
  #isKeyProven = false
  readonly #vaultKey = held(() => this.#loadKey())

  constructor({ folder, journalFolder, files, keySource, nextKey, lock, close }: FileStoreOptions) {
    this.#folder = folder
    this.#files = files
    this.#keySource = keySource
    this.#nextKey = nextKey ?? (async () => undefined)
    this.lock = lock
    this.journal = createJournalFiles(journalFolder, files)
    this.asked = createJournalFiles(join(dirname(journalFolder), 'asked'), files, ASKED)
    this.#close = close ?? (async () => {})
  }

  async headers(): Promise<readonly HeaderEntry[]> {
    const entries: HeaderEntry[] = []
    for (const name of this.#names()) {
      const key = fileKey(name, SEALED)
      if (key !== undefined && isPart(key)) continue
      try {
        if (key === undefined) throw strangeName(join(this.#folder, name))
        const path = this.#path(key)
        const line = this.#files.readPrivate(path, {
          firstLine: true,
          maxBytes: MAX_FILE_BYTES,
        })
        if (line !== undefined)
          entries.push({
            key,
            header: readHead(SEALED, path, key, line.toString('utf8')).header,
          })
      } catch (problem) {
        if (!isTokenctlError(problem)) throw problem
        entries.push({ key: key ?? name, problem })
      }
    }
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  async get(key: string): Promise<SecretRecord | undefined> {
    this.#checkFolder()
    const path = this.#path(key)
    const content = this.#files.readPrivate(path, { maxBytes: MAX_FILE_BYTES })
    if (content === undefined) return undefined
    const [line = '', sealed, end, ...more] = textOf(path, content).split('\n')
    const head = readHead(SEALED, path, key, line)
    if (sealed === undefined || end !== '' || more.length > 0)
      throw damaged(path, 'was cut short or has something after its end')
    const vaultKey = await this.#keyFor({ path, keyId: head.keyId })
    const { open } = await import('./envelope.ts')
    const text = await open(vaultKey.bytes, line, sealed)
    if (text === undefined) throw damaged(path, 'was changed after it was written')
    const { body, perishable } = JSON.parse(text) as Pick<SecretRecord, 'body' | 'perishable'>
    return { header: head.header, body, perishable }
  }

  async put(key: string, { header, body, perishable }: SecretRecord): Promise<void> {
    refuseTooLong(key, { header, body }, this.maxValueBytes)
    // Opened for one reason: what cannot be read is not written over.
    const isNew = (await this.get(key)) === undefined
    const vaultKey = await this.#vaultKey()
    if (isNew) this.#refuseSecondKey(vaultKey)
    const line = writeHead(SEALED, key, { keyId: vaultKey.id, header })
    const { seal } = await import('./envelope.ts')
    const sealed = await seal(vaultKey.bytes, line, JSON.stringify({ body, perishable }))
    this.#files.writeDurably(this.#path(key), `${line}\n${sealed}\n`)
  }

  async delete(key: string): Promise<boolean> {
    if ((await this.get(key)) === undefined) return false
    return this.#files.remove(this.#path(key))
  }

  async sealKey(): Promise<VaultKey> {
    return await this.#vaultKey()
  }

  async prove(): Promise<void> {
    this.#checkFolder()
    this.#files.proveWritable(this.#folder)
  }

  async fingerprint(text: string): Promise<string> {
    return await keyedFingerprint((await this.#vaultKey()).bytes, text)
  }

  warnings(): readonly string[] {
    try {
      const source = this.#keyPlace()
      if (!source.isMissing() || this.#names().length === 0) return []
      return [keyMissing(source.place).message]
    } catch (error) {
      // A listing works without the key, so what is wrong with it is said and no more.
      if (isTokenctlError(error)) return [`${error.message} ${error.fix}`]
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#close()
  }

  #path(key: string): string {
    // As text: `join` goes through a path letter by letter, and after some twenty V8 makes machine code of it, in 6 MiB.
    return `${this.#folder}${sep}${fileName(key, SEALED)}`
  }

  #names(): readonly string[] {
    const names = this.#files.list(this.#folder)
    if (names === undefined) throw folderGone(this.#folder)
    return names.filter(name => name.endsWith(SEALED.extension) && !name.startsWith('.'))
  }

  /** No record in a folder that is gone, a link or open to others is "none" (I5), and none is written there. */
  #checkFolder(): void {
    if (this.#isFolderSound) return
    if (!this.#files.checkPrivateFolder(this.#folder)) throw folderGone(this.#folder)
    this.#isFolderSound = true
  }

  #keyPlace(): KeySource {
    this.#source ??= this.#keySource()
    return this.#source
  }

  /** The key of a record: the folder's, or the one that it is being sealed with anew. @throws {RECORD_UNREADABLE} for a third */
  async #keyFor(record: SealedRecord): Promise<VaultKey> {
    const vaultKey = await this.#vaultKey()
    const next = record.keyId === vaultKey.id ? undefined : await this.#nextKey()
    if (next !== undefined && next.id === record.keyId) return next
    refuseOtherKey(record, vaultKey, this.#keyPlace().place)
    return vaultKey
  }

  /** No folder is split between two keys: what is new goes under the key of what is there. Asked once. */
  #refuseSecondKey(key: VaultKey): void {
    if (this.#isKeyProven) return
    const other = firstSealed(this.#folder, this.#files)
    if (other !== undefined) refuseOtherKey(other, key, this.#keyPlace().place)
    this.#isKeyProven = true
  }

  async #loadKey(): Promise<VaultKey> {
    const source = this.#keyPlace()
    const found = await source.read()
    if (found !== undefined) return found
    return await this.lock('vault-key', async () => {
      const theirs = await source.read()
      if (theirs !== undefined) return theirs
      if (this.#names().length > 0) throw keyMissing(source.place)
      return await source.create()
    })
  }
}

function keyMissing(place: string): TokenctlError {
  return new TokenctlError('VAULT_UNAVAILABLE', `The key of the vault is missing: ${place}.`, {
    fix: 'Restore it from your backup. Without it the tokens cannot be opened; no new key is made while there are records.',
  })
}

function folderGone(folder: string): TokenctlError {
  return new TokenctlError('VAULT_UNAVAILABLE', `The folder of the records is gone: ${folder}.`, {
    fix: 'Restore it from a backup. If there never was a record worth keeping, remove the `vault.json` beside it too.',
  })
}

function damaged(path: string, how: string): TokenctlError {
  return new TokenctlError('RECORD_UNREADABLE', `${path} ${how}.`, {
    fix: 'Restore it from a backup. Nothing was changed.',
  })
}

/** Strictly UTF-8: lenient decoding makes one text of many different bytes, and a flipped bit could hide there. */
function textOf(path: string, content: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    // The decoder says no more than that it is none.
    throw damaged(path, 'is not UTF-8 text')
  }
}

function strangeName(path: string): TokenctlError {
  return new TokenctlError('RECORD_UNREADABLE', `${path} has a name that no record has.`, {
    fix: 'Give it back its own name, or move it out of the folder.',
  })
}
