/**
 * Files that hold secrets, and how they are written so that neither a kill nor a power cut loses one.
 * Every check is made on the open descriptor, not on the name, and a link is never followed: another user's file,
 * or one that others can read, is refused as ssh refuses it. Synchronous, since a thousand small files are read
 * three times faster so, and a writer has nothing better to do than to wait for its disk.
 */
import { isUtf8 } from 'node:buffer'
import fs from 'node:fs'
import { dirname } from 'node:path'
import { systemCode, TokenctlError } from '../errors.ts'
import {
  makeAndRemove,
  openReserved,
  type ReservedFile,
  replaceDurably,
  sweepAbandoned,
  syncFolder,
  writeNew,
} from './durable-write.ts'
import { folderProblem, privateProblem, readFailed, writeFailed } from './file-problems.ts'
import { makePrivateFolder } from './private-folder.ts'

export type { ReservedFile } from './durable-write.ts'

/** What a private file that breaks the rules is to its reader: one record, or the whole vault. */
export type UnreadableCode = 'RECORD_UNREADABLE' | 'VAULT_UNAVAILABLE'

export interface ReadPrivateOptions {
  /** Longer files are refused. Default 1 MiB. */
  readonly maxBytes?: number
  /** The code of the error when it cannot be read. Default RECORD_UNREADABLE. */
  readonly code?: UnreadableCode
  /** Stops at the first newline, which is not part of the answer. */
  readonly firstLine?: boolean
  /** `system`: root may own it and its group may read it, as service managers hand out credentials. Default `self`. */
  readonly owner?: 'self' | 'system'
}

export interface Files {
  readonly platform: NodeJS.Platform
  /** The effective user's number; undefined where there are none (Windows). */
  readonly uid: number | undefined
  /**
   * What a private file holds; undefined when there is none.
   *
   * @throws {RECORD_UNREADABLE} or {VAULT_UNAVAILABLE} (`code`) when it is a link, no regular file, another user's,
   *   readable by others, has a second name, is too long or cannot be read.
   */
  readPrivate(path: string, options?: ReadPrivateOptions): Buffer | undefined
  /**
   * The text of a file that is no secret, without a byte order mark; undefined when there is none. Links are followed.
   *
   * @throws {SETTINGS_INVALID} when it is longer than 1 MiB, is no UTF-8, or cannot be read.
   */
  readPlain(path: string): string | undefined
  /**
   * Replaces a file whole, mode 0600: after it returns the new text is on the disk, whatever happens before leaves the old.
   *
   * @throws {WRITE_FAILED}
   */
  writeDurably(path: string, data: string | Uint8Array): void
  /**
   * Replaces a file as `writeDurably`, with room on the disk for lines to come, and keeps it open for them.
   *
   * @throws {WRITE_FAILED}
   */
  openReserved(path: string, text: string, reservedBytes: number): ReservedFile
  /**
   * Makes a file in a folder and removes it, to see whether it can be done.
   *
   * @throws {WRITE_FAILED}
   */
  proveWritable(folder: string): void
  /**
   * Gives a file that is no good the name `<path>.<why>-<n>`, which no file has, and returns that.
   *
   * @throws {WRITE_FAILED}
   */
  setAside(path: string, why: string): string
  /**
   * Makes a file that was not there, durably; false, and nothing changed, when there was one.
   *
   * @throws {WRITE_FAILED}
   */
  createDurably(path: string, data: string | Uint8Array): boolean
  /**
   * Whether there is such a private folder.
   *
   * @throws {VAULT_UNAVAILABLE} when it is a link, no folder, another user's or open to others.
   */
  checkPrivateFolder(path: string): boolean
  /**
   * Makes a folder, and those above it, mode 0700, unless it is there and private.
   *
   * @throws {VAULT_UNAVAILABLE} as above · {WRITE_FAILED}
   */
  ensurePrivateFolder(path: string): void
  /**
   * The names in a private folder, sorted; undefined when there is no such folder.
   *
   * @throws {VAULT_UNAVAILABLE} as above, or when it cannot be read.
   */
  list(path: string): readonly string[] | undefined
  /**
   * Removes a file durably; false when there was none.
   *
   * @throws {WRITE_FAILED}
   */
  remove(path: string): boolean
  /** Whether there is a socket of ours under this name; never throws. */
  isOwnSocket(path: string): boolean
}

const { O_RDONLY } = fs.constants
// Windows lacks both. O_NONBLOCK: a FIFO put in a file's place must not hold the program up.
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0
const O_NONBLOCK = fs.constants.O_NONBLOCK ?? 0

const MIB = 1024 * 1024
/** The real files of a machine. `host` is for tests of the other kind of machine. */
export function createNodeFiles(
  host: { readonly platform: NodeJS.Platform; readonly uid: number | undefined } = {
    platform: process.platform,
    uid: process.geteuid?.(),
  },
): Files {
  const posix = host.platform !== 'win32'
  const swept = new Set<string>()

  function checkPrivateFolder(path: string): boolean {
    const stat = statOrUndefined(path)
    if (stat === undefined) return false
    const problem = folderProblem(path, stat, posix ? host.uid : undefined)
    if (problem !== undefined) throw problem
    return true
  }

  function sweepOnce(folder: string, madeAt: number): void {
    if (swept.has(folder)) return
    swept.add(folder)
    try {
      sweepAbandoned(folder, madeAt)
    } catch (error) {
      // What was to be written is on the disk; the leftovers of others wait for the next write.
      if (systemCode(error) === undefined) throw error
      swept.delete(folder)
    }
  }

  return {
    platform: host.platform,
    uid: host.uid,

    readPrivate(path, options = {}) {
      const { maxBytes = MIB, code = 'RECORD_UNREADABLE' } = options
      let fd: number
      try {
        fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return undefined
        throw readFailed(path, error, code)
      }
      try {
        const uid = posix ? host.uid : undefined
        const problem = privateProblem(path, fs.fstatSync(fd), uid, options.owner ?? 'self', code)
        if (problem !== undefined) throw problem
        const bytes = readCapped(fd, maxBytes, options.firstLine === true)
        if (bytes !== undefined) return bytes
        throw new TokenctlError(
          code,
          `${path} is longer than ${maxBytes} bytes, the most such a file may have.`,
        )
      } catch (error) {
        throw error instanceof TokenctlError ? error : readFailed(path, error, code)
      } finally {
        fs.closeSync(fd)
      }
    },

    readPlain,

    writeDurably(path, data) {
      sweepOnce(dirname(path), replaceDurably(path, data, posix))
    },

    openReserved(path, text, reservedBytes) {
      const file = openReserved(path, text, reservedBytes, posix)
      sweepOnce(dirname(path), file.madeAt)
      return file
    },

    proveWritable: folder => makeAndRemove(folder),

    setAside(path, why) {
      let number = 1
      const aside = () => `${path}.${why}-${number}`
      // Whoever sets a file aside holds the lock on what it is of, so nobody takes the name in between.
      while (statOrUndefined(aside()) !== undefined) number += 1
      try {
        fs.renameSync(path, aside())
        syncFolder(dirname(path), posix)
        return aside()
      } catch (error) {
        throw writeFailed(path, error)
      }
    },

    createDurably(path, data) {
      try {
        writeNew(path, data)
        syncFolder(dirname(path), posix)
        return true
      } catch (error) {
        if (systemCode(error) === 'EEXIST') return false
        throw writeFailed(path, error)
      }
    },

    checkPrivateFolder,

    ensurePrivateFolder(path) {
      if (checkPrivateFolder(path)) return
      try {
        for (const made of [...makePrivateFolder(path)].reverse()) syncFolder(dirname(made), posix)
      } catch (error) {
        throw writeFailed(path, error)
      }
      checkPrivateFolder(path)
    },

    list(path) {
      try {
        return checkPrivateFolder(path) ? fs.readdirSync(path).sort() : undefined
      } catch (error) {
        throw error instanceof TokenctlError ? error : readFailed(path, error, 'VAULT_UNAVAILABLE')
      }
    },

    remove(path) {
      try {
        fs.unlinkSync(path)
        syncFolder(dirname(path), posix)
        return true
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return false
        throw writeFailed(path, error)
      }
    },

    isOwnSocket(path) {
      try {
        const stat = fs.lstatSync(path)
        return stat.isSocket() && stat.uid === host.uid
      } catch {
        // Whatever the reason, there is no socket here that we could use.
        return false
      }
    },
  }
}

function readPlain(path: string): string | undefined {
  try {
    const fd = fs.openSync(path, O_RDONLY | O_NONBLOCK)
    try {
      if (!fs.fstatSync(fd).isFile()) throw plainProblem(path, 'is not a regular file')
      const bytes = readCapped(fd, MIB, false)
      if (bytes === undefined) throw plainProblem(path, 'is longer than 1 MiB')
      // A decoder that refuses takes a millisecond to make.
      if (!isUtf8(bytes)) throw plainProblem(path, 'is not UTF-8 text')
      return bytes.toString('utf8').replace(/^\uFEFF/, '')
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return undefined
    if (error instanceof TokenctlError) throw error
    throw plainProblem(path, `cannot be read (${code ?? 'unknown error'})`, error)
  }
}

function plainProblem(path: string, what: string, cause?: unknown): TokenctlError {
  return new TokenctlError('SETTINGS_INVALID', `${path} ${what}.`, {
    fix: 'Mend the file or move it away.',
    cause,
  })
}

function statOrUndefined(path: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw readFailed(path, error, 'VAULT_UNAVAILABLE')
  }
}

const CHUNK = Buffer.alloc(8192)
const NEWLINE = 0x0a

/** Reads on until the end, or the first newline where only that is wanted; undefined past the cap. */
function readCapped(fd: number, maxBytes: number, firstLine: boolean): Buffer | undefined {
  const parts: Buffer[] = []
  let total = 0
  for (;;) {
    const count = fs.readSync(fd, CHUNK)
    const end = firstLine ? CHUNK.subarray(0, count).indexOf(NEWLINE) : -1
    const kept = end === -1 ? count : end
    total += kept
    if (total > maxBytes) return undefined
    parts.push(Buffer.from(CHUNK.subarray(0, kept)))
    if (count === 0 || end !== -1) return Buffer.concat(parts)
  }
}
