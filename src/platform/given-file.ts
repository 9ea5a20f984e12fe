/**
 * Files that a person names for one command: a document to be read, an export to be made. What is read may be anything,
 * also a link or a pipe (`<(…)`), since nothing of ours rests in it. What is made is private and takes no other's place.
 */
import { lstatSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode, TokenctlError } from '../errors.ts'
import { syncFolder, writeNew } from './durable-write.ts'
import { writeFailed } from './file-problems.ts'

/** The files that a command is told of by name. */
export interface GivenFiles {
  /** What a file holds. @throws {USAGE} when there is none, it cannot be read, or is longer than `limitBytes`. */
  read(path: string, limitBytes: number): Promise<Uint8Array>
  /** Stops at what is no name for a new file, and where something has that name already. @throws {USAGE} */
  refuseTaken(path: string): void
  /**
   * Makes a file, mode 0600. After it returns the text is on the disk; what is there already is never touched.
   *
   * @throws {USAGE} when something has that name · {WRITE_FAILED}, with nothing left behind.
   */
  create(path: string, text: string): void
}

/** The real ones. */
export function createGivenFiles(platform: NodeJS.Platform): GivenFiles {
  return {
    read: readGivenFile,
    refuseTaken: path => {
      if (path === '' || path === '-' || /[\\/]$/.test(path)) throw noName(path)
      if (isThere(path)) throw taken(path)
    },
    create: (path, text) => {
      try {
        writeNew(path, text)
        syncFolder(dirname(path), platform !== 'win32')
      } catch (cause) {
        throw notMade(path, cause)
      }
    },
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    // A name that cannot be looked at cannot be made either, and says so then.
    return false
  }
}

function noName(path: string): TokenctlError {
  return new TokenctlError('USAGE', `"${path}" is no name for a file.`, {
    fix: 'Name the file to be made, or leave the option out: then it goes to standard output.',
  })
}

function taken(path: string): TokenctlError {
  return new TokenctlError('USAGE', `${path} is there already, and is not written over.`, {
    fix: 'Name another file, or move that one away.',
  })
}

function notMade(path: string, cause: unknown): TokenctlError {
  if (systemCode(cause) === 'EEXIST') return taken(path)
  const { message } = writeFailed(path, cause)
  const words =
    systemCode(cause) === 'ENOENT' ? `${path} cannot be made: there is no folder ${dirname(path)}.` : message
  return new TokenctlError('WRITE_FAILED', words, {
    fix: 'Nothing was written. Mend that, or name another file.',
    cause,
  })
}

const CHUNK_BYTES = 256 * 1024

async function readGivenFile(path: string, limitBytes: number): Promise<Uint8Array> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    return await readCapped(file, path, limitBytes)
  } catch (cause) {
    throw cause instanceof TokenctlError ? cause : failed(path, cause)
  } finally {
    await file?.close()
  }
}

async function readCapped(file: FileHandle, path: string, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for (let length = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null)
    if (bytesRead === 0) return Buffer.concat(chunks)
    length += bytesRead
    if (length > limitBytes)
      throw new TokenctlError('USAGE', `${path} is longer than ${limitBytes} bytes.`, {
        fix: 'Nothing was changed. Look whether it is the right file.',
      })
    chunks.push(buffer.subarray(0, bytesRead))
  }
}

function failed(path: string, cause: unknown): TokenctlError {
  const code = systemCode(cause)
  const words =
    code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read (${WORDS[code ?? ''] ?? code}).`
  return new TokenctlError('USAGE', words, { fix: 'Nothing was changed. Name the file to be read.', cause })
}

const WORDS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder',
  ENOTDIR: 'something above it is no folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
}
