/**
 * The seam to where a journal's texts rest, small and dumb like a store's own: texts under a record's key, durable, and
 * nothing of what they say. This one keeps them as files in a folder of the state folder, for every store of one machine.
 */
import { join } from 'node:path'
import { TokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import { fileKey, fileName, MAX_FILE_BYTES, type RecordFileKind } from './record-file.ts'

/** A text that was begun, for lines to come. */
export interface JournalText {
  /** Adds a line, which is durable when this returns. @throws {WRITE_FAILED}; the next call writes over its leftovers. */
  addLine(line: string): Promise<void>
  /** Lets go of it; the text stays. Safe to call twice. */
  close(): void
}

/** Every call may throw VAULT_UNAVAILABLE, RECORD_UNREADABLE (another's file, a link) or WRITE_FAILED. */
export interface JournalStore {
  /** Puts a text in the place of whatever stood under the key, durable when this returns, with room for lines to come. */
  begin(key: string, text: string): Promise<JournalText>
  /** The text with its added lines; undefined when there is none. Empty lines say nothing. */
  read(key: string): Promise<string | undefined>
  /** The keys that have a text. */
  keys(): Promise<readonly string[]>
  /** Removes a text that has done its work; nothing when there is none. */
  remove(key: string): Promise<void>
  /** Moves a text that is no good out of the way and returns its new name. Never removes it. */
  setAside(key: string, why: string): Promise<string>
  /** As `setAside`, of a copy that is durable when this returns: what is put in the text's place must not leave a gap. */
  copyAside(key: string, why: string): Promise<string>
}

/** Consents that were asked for (`asked-consents.ts`), which rest the same way. */
export const ASKED: RecordFileKind = { format: 'tokenctl-asked', extension: '.asked' }

export const JOURNAL: RecordFileKind = { format: 'tokenctl-journal', extension: '.journal' }

/** A refresh's answer has 5 KiB at most (AliExpress' with all its fields); sealed twice that. */
const RESERVED_BYTES = 24 * 1024

/** The texts of one kind in a folder, which is made at the first one. */
export function createJournalFiles(folder: string, files: Files, kind = JOURNAL): JournalStore {
  const pathOf = (key: string) => join(folder, fileName(key, kind))
  return {
    async begin(key, text) {
      files.ensurePrivateFolder(folder)
      const file = files.openReserved(pathOf(key), text, RESERVED_BYTES)
      return { addLine: async line => file.addLine(line), close: () => file.close() }
    },
    async read(key) {
      return files.readPrivate(pathOf(key), { maxBytes: MAX_FILE_BYTES })?.toString('utf8')
    },
    async keys() {
      const names = files.list(folder) ?? []
      return names.map(name => fileKey(name, kind)).filter(key => key !== undefined)
    },
    async remove(key) {
      files.remove(pathOf(key))
    },
    async setAside(key, why) {
      return files.setAside(pathOf(key), why)
    },
    async copyAside(key, why) {
      const bytes = files.readPrivate(pathOf(key), { maxBytes: MAX_FILE_BYTES })
      if (bytes === undefined) throw nothingThere(key)
      for (let number = 1; ; number += 1) {
        const aside = `${pathOf(key)}.${why}-${number}`
        if (files.createDurably(aside, bytes)) return aside
      }
    },
  }
}

/** Texts that are gone with their process, for the store that is. */
export function createJournalMemory(): JournalStore {
  const texts = new Map<string, string>()
  return {
    async begin(key, text) {
      texts.set(key, text)
      return {
        addLine: async line => {
          texts.set(key, `${texts.get(key) ?? ''}${line}\n`)
        },
        close: () => {},
      }
    },
    read: async key => texts.get(key),
    keys: async () => [...texts.keys()].filter(key => !key.includes('~')),
    remove: async key => {
      texts.delete(key)
    },
    async setAside(key, why) {
      const aside = await this.copyAside(key, why)
      texts.delete(key)
      return aside
    },
    async copyAside(key, why) {
      const text = texts.get(key)
      if (text === undefined) throw nothingThere(key)
      let number = 1
      while (texts.has(`${key}~${why}-${number}`)) number += 1
      texts.set(`${key}~${why}-${number}`, text)
      return `${key}~${why}-${number}`
    },
  }
}

function nothingThere(key: string): TokenctlError {
  return new TokenctlError('BUG', `There is no journal of ${key} to set aside.`)
}
