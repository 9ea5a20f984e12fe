/**
 * Files that hold no secret and that other programs read: units, property lists. Their folders are the person's and may
 * be open to others, so the rules for secrets (`files.ts`) do not apply; a write still replaces a file whole.
 */
import fs from 'node:fs'
import { dirname } from 'node:path'
import { systemCode, TokenctlError } from '../errors.ts'
import { replaceDurably } from './durable-write.ts'
import { writeFailed } from './file-problems.ts'

export interface PlainFiles {
  /** The text of a file; undefined when there is none. @throws {SCHEDULER_FAILED} when it cannot be read. */
  read(path: string): string | undefined
  /** Replaces a file whole, mode 0600, and makes the folders above it. @throws {WRITE_FAILED} */
  write(path: string, data: string | Uint8Array): void
  /** Removes a file; false when there was none. @throws {WRITE_FAILED} */
  remove(path: string): boolean
  /** Whether there is something under this name, links followed. */
  exists(path: string): boolean
  /** The path without links; undefined when there is nothing. */
  real(path: string): string | undefined
}

/** The machine's own files. */
export function createPlainFiles(platform: NodeJS.Platform = process.platform): PlainFiles {
  const posix = platform !== 'win32'
  return {
    read(path) {
      try {
        return fs.readFileSync(path, 'utf8')
      } catch (cause) {
        if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return undefined
        throw new TokenctlError('SCHEDULER_FAILED', `${path} cannot be read (${systemCode(cause)}).`, {
          fix: 'Mend its permissions, or remove it, and run it again.',
          cause,
        })
      }
    },
    write(path, data) {
      try {
        fs.mkdirSync(dirname(path), { recursive: true })
      } catch (cause) {
        throw writeFailed(dirname(path), cause)
      }
      replaceDurably(path, data, posix)
    },
    remove(path) {
      try {
        fs.unlinkSync(path)
        return true
      } catch (cause) {
        if (systemCode(cause) === 'ENOENT') return false
        throw writeFailed(path, cause)
      }
    },
    exists: path => fs.existsSync(path),
    real(path) {
      try {
        return fs.realpathSync(path)
      } catch {
        // Nothing there, or nothing that may be seen: for the caller the same.
        return undefined
      }
    },
  }
}
