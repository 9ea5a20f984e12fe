/**
 * The keychain store's files: one a record, with the header in the clear and, beside it, what can be had again (the
 * access token), sealed. They are copies, made after the keychain's items; where the two differ the item is right.
 */
import { join } from 'node:path'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import { fileKey, fileName, MAX_FILE_BYTES, type RecordFileKind, readHead, writeHead } from './record-file.ts'
import type { HeaderEntry, HeaderJson } from './secret-store.ts'

const MEND = '`tokenctl status --verify` writes it anew from the keychain.'
const KIND: RecordFileKind = { format: 'tokenctl-header', extension: '.header', mend: MEND }

/** What stands beside a header: `unopened` when there is something that the key does not open. */
export type Beside = { readonly text: string | null } | 'unopened'

export class HeaderFiles {
  readonly #folder: string
  readonly #files: Files

  constructor(folder: string, files: Files) {
    this.#folder = folder
    this.#files = files
  }

  /** The keys that have a file. @throws {VAULT_UNAVAILABLE} when the folder is gone or not private. */
  keys(): readonly string[] {
    const names = this.#files.list(this.#folder)
    if (names === undefined)
      throw new TokenctlError('VAULT_UNAVAILABLE', `The folder of the headers is gone: ${this.#folder}.`, {
        fix: MEND,
      })
    return names.map(name => fileKey(name, KIND)).filter(key => key !== undefined)
  }

  /** Whether a key has a file. */
  has(key: string): boolean {
    return this.keys().includes(key)
  }

  /** Every header, in key order; one that cannot be read is a problem of its own. */
  entries(): readonly HeaderEntry[] {
    const entries = this.keys().map((key): HeaderEntry | undefined => {
      try {
        const header = this.#header(key)
        return header && { key, header }
      } catch (problem) {
        if (!isTokenctlError(problem)) throw problem
        return { key, problem }
      }
    })
    return entries.filter(entry => entry !== undefined).sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  /** Whether the file says what an item says. A file that cannot be read does not: the item has all of it. */
  matches(key: string, header: HeaderJson): boolean {
    try {
      return JSON.stringify(this.#header(key)) === JSON.stringify(header)
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      return false
    }
  }

  /** Whether a key has a file that can be read. */
  isReadable(key: string): boolean {
    try {
      return this.#header(key) !== undefined
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      return false
    }
  }

  /** Writes a header, and beside it a text sealed under a key (null: nothing). @throws {WRITE_FAILED} */
  async write(
    key: string,
    header: HeaderJson,
    beside: { readonly text: string; readonly key: Uint8Array } | null,
  ): Promise<void> {
    const line = writeHead(KIND, key, { keyId: null, header })
    const { seal } = await import('./envelope.ts')
    const sealed = beside === null ? '' : await seal(beside.key, line, beside.text)
    this.#files.writeDurably(this.#path(key), `${line}\n${sealed}\n`)
  }

  /** What is sealed beside a header; the key is asked for only where there is something. */
  async beside(key: string, sealKey: () => Promise<Uint8Array>): Promise<Beside> {
    const bytes = this.#files.readPrivate(this.#path(key), { maxBytes: MAX_FILE_BYTES })
    const [line = '', sealed = ''] = bytes?.toString('utf8').split('\n') ?? []
    if (sealed === '') return { text: null }
    const { open } = await import('./envelope.ts')
    const text = await open(await sealKey(), line, sealed)
    return text === undefined ? 'unopened' : { text }
  }

  /** Removes a key's file; false when there was none. @throws {WRITE_FAILED} */
  remove(key: string): boolean {
    return this.#files.remove(this.#path(key))
  }

  #path(key: string): string {
    return join(this.#folder, fileName(key, KIND))
  }

  #header(key: string): HeaderJson | undefined {
    const path = this.#path(key)
    const line = this.#files.readPrivate(path, { firstLine: true, maxBytes: MAX_FILE_BYTES })
    return line && readHead(KIND, path, key, line.toString('utf8')).header
  }
}
