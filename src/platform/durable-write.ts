/**
 * Writing so that neither a kill nor a power cut loses what was there or tears what is new: a new file beside the old
 * one, flushed, renamed into its place, and the folder flushed. Knows nothing of what is written.
 */
import fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { writeFailed } from './file-problems.ts'
import { randomHex } from './random-hex.ts'

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = fs.constants
// Windows lacks it.
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0

/** The end of a half-written file's name. Only sealed text is ever in one. */
const TEMPORARY = '.tmp'
/** A half-written file this much older than the one just made belongs to a run that was killed. */
const ABANDONED_MS = 3_600_000
/** What a disk writes at once. What is added later begins in a block of its own, so that a torn write spares the rest. */
const BLOCK_BYTES = 4096
const NEWLINE = 0x0a

/** A file that is open for adding to it, with room on the disk that was taken when it was made. */
export interface ReservedFile {
  /** The disk's time of its making, in milliseconds. */
  readonly madeAt: number
  /**
   * Adds a line, which is on the disk when this returns. Within the room that was reserved it needs no new space, no
   * new name and no new descriptor, so that a disk that is full by then takes it all the same.
   *
   * @throws {WRITE_FAILED}; the next call writes over what this one left.
   */
  addLine(line: string): void
  /** Lets go of the file. Safe to call twice. */
  close(): void
}

/** Flushes the names in a folder, where the system has such a thing (Windows opens no folder; NTFS journals a rename). */
export function syncFolder(path: string, posix: boolean): void {
  if (!posix) return
  const fd = fs.openSync(path, O_RDONLY)
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Makes a new private file whole and flushes it; returns its time. Leaves nothing behind when that fails. */
export function writeNew(path: string, data: string | Uint8Array): number {
  const { fd, madeAt } = openNew(path, data)
  fs.closeSync(fd)
  return madeAt
}

/** As `writeNew`, still open. */
function openNew(path: string, data: string | Uint8Array): { readonly fd: number; readonly madeAt: number } {
  const fd = fs.openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600)
  try {
    fs.writeFileSync(fd, data)
    fs.fsyncSync(fd)
    return { fd, madeAt: fs.fstatSync(fd).mtimeMs }
  } catch (error) {
    fs.closeSync(fd)
    fs.rmSync(path, { force: true })
    throw error
  }
}

/** Makes an empty file in a folder and removes it: what forbids either forbids keeping a token there. @throws {WRITE_FAILED} */
export function makeAndRemove(folder: string): void {
  const path = temporaryName(join(folder, 'proof'))
  try {
    fs.closeSync(fs.openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600))
    fs.unlinkSync(path)
  } catch (error) {
    throw writeFailed(path, error)
  }
}

/** Replaces a file whole. @throws {WRITE_FAILED} */
export function replaceDurably(path: string, data: string | Uint8Array, posix: boolean): number {
  const temporary = temporaryName(path)
  try {
    const madeAt = writeNew(temporary, data)
    renameOver(temporary, path)
    syncFolder(dirname(path), posix)
    return madeAt
  } catch (error) {
    throw writeFailed(path, error)
  }
}

/**
 * Replaces a file whole by these lines and room for more, and keeps it open. The room is newlines: readers skip empty
 * lines. @throws {WRITE_FAILED}
 */
export function openReserved(
  path: string,
  text: string,
  reservedBytes: number,
  posix: boolean,
): ReservedFile {
  const written = Buffer.from(text)
  const begin = Math.ceil(written.length / BLOCK_BYTES) * BLOCK_BYTES
  const data = Buffer.alloc(begin + reservedBytes, NEWLINE)
  written.copy(data)
  const temporary = temporaryName(path)
  let made: ReturnType<typeof openNew> | undefined
  try {
    made = openNew(temporary, data)
    renameOver(temporary, path)
    syncFolder(dirname(path), posix)
  } catch (error) {
    if (made !== undefined) fs.closeSync(made.fd)
    throw writeFailed(path, error)
  }
  return reservedFile(path, made, begin)
}

function reservedFile(path: string, { fd, madeAt }: ReturnType<typeof openNew>, begin: number): ReservedFile {
  let at = begin
  let isOpen = true
  return {
    madeAt,
    addLine(line) {
      const bytes = Buffer.from(`${line}\n`)
      try {
        for (let done = 0; done < bytes.length; )
          done += fs.writeSync(fd, bytes, done, bytes.length - done, at + done)
        // Within the room nothing but data changes; past it the new length is data's way back and is flushed with it.
        fs.fdatasyncSync(fd)
      } catch (error) {
        throw writeFailed(path, error)
      }
      at += bytes.length
    },
    close() {
      if (!isOpen) return
      isOpen = false
      fs.closeSync(fd)
    },
  }
}

/** Removes half-written files that a killed run left in a folder. @param madeAt the time of a file that was just made. */
export function sweepAbandoned(folder: string, madeAt: number): void {
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith('.') || !name.endsWith(TEMPORARY)) continue
    const stat = fs.lstatSync(join(folder, name), { throwIfNoEntry: false })
    if (stat?.isFile() && madeAt - stat.mtimeMs > ABANDONED_MS) fs.rmSync(join(folder, name), { force: true })
  }
}

function renameOver(temporary: string, path: string): void {
  try {
    fs.renameSync(temporary, path)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomHex()}${TEMPORARY}`)
}
