/**
 * Lines that are only ever added: notes of what was done, never a token. One write a line, at the file's end, so that
 * processes at work at once cannot tear each other's. Nothing is flushed to the disk: a power cut may cost the last
 * notes, and a renewal must not wait for them.
 *
 * The files are numbered (`history.1.jsonl`). One that is full is left for the next number, and only the newest two are
 * kept. No file is renamed: of two processes that rename at once, the second would put a file of three lines over the
 * full one that the first had just moved away. Number n + 1 is the same file for both.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { systemCode, TokenctlError } from '../errors.ts'
import { privateProblem, readFailed, writeFailed } from './file-problems.ts'
import type { Files } from './files.ts'

/** Lines in a folder, oldest first. */
export interface LineLog {
  /**
   * Adds lines, which must have no newline in them, one behind another. Where the folder is missing nothing is made, and they
   * are not kept.
   *
   * @throws {WRITE_FAILED} · {RECORD_UNREADABLE} when a file of another user, or one that others can read, is in its
   *   place · {VAULT_UNAVAILABLE} when the folder is such a one.
   */
  append(...lines: readonly string[]): void
  /**
   * Every line that is kept, oldest first, as it was written; a last one may be torn.
   *
   * @throws {RECORD_UNREADABLE} · {VAULT_UNAVAILABLE} as above, or when a file cannot be read.
   */
  lines(): readonly string[]
}

const MIB = 1024 * 1024
const CODE = 'RECORD_UNREADABLE'
const NEWLINE = '\n'
/** What one write may be of a file: a file that takes it as its last is still one that can be read. */
const PARTS_OF_A_FILE = 16
const { O_APPEND, O_CREAT, O_RDWR } = fs.constants
// Windows lacks both. O_NONBLOCK: a FIFO put in the file's place must not hold the program up.
const FLAGS = O_APPEND | O_CREAT | O_RDWR | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0)

/**
 * The lines that rest in `<folder>/<name>.<number>.jsonl`. No file takes another line once it has `maxBytes` (1 MiB),
 * so both together are a little longer than twice that at most.
 */
export function createLineLog(
  folder: string,
  name: string,
  files: Pick<Files, 'list' | 'platform' | 'readPrivate' | 'uid'>,
  { maxBytes = MIB }: { readonly maxBytes?: number } = {},
): LineLog {
  const pattern = new RegExp(`^${name}\\.([1-9]\\d{0,8})\\.jsonl$`)
  const pathOf = (number: number) => join(folder, `${name}.${number}.jsonl`)
  const uid = files.platform === 'win32' ? undefined : files.uid

  /** The numbers there are, smallest first; undefined without the folder. Looked up anew each time: others write too. */
  function numbers(): readonly number[] | undefined {
    const found = files.list(folder)?.map(file => Number(pattern.exec(file)?.[1] ?? 0))
    return found?.filter(number => number > 0).sort((one, other) => one - other)
  }

  return {
    append(...lines) {
      const there = numbers()
      if (there === undefined) return
      const newest = there.at(-1) ?? 1
      let number = newest
      for (const part of partsOf(lines, maxBytes / PARTS_OF_A_FILE))
        while (!appendTo(pathOf(number), part, maxBytes, uid)) number += 1
      // Of what was added some may be too old already.
      for (const old of (number === newest ? there : numbers()) ?? [])
        if (old < number - 1) remove(pathOf(old))
    },

    lines() {
      // Twice the limit: as many processes as you like can have found a last byte free.
      const texts = (numbers() ?? []).map(
        number => files.readPrivate(pathOf(number), { code: CODE, maxBytes: 2 * maxBytes })?.toString() ?? '',
      )
      return texts.flatMap(text => text.split(NEWLINE)).filter(line => line !== '')
    },
  }
}

/** Lines together, up to so many characters a part: an import notes as many as it has accounts. A line is never divided. */
function* partsOf(lines: readonly string[], most: number): Generator<string> {
  let part: string[] = []
  let length = 0
  for (const line of lines) {
    if (part.length > 0 && length + line.length > most) {
      yield part.join(NEWLINE)
      part = []
      length = 0
    }
    part.push(line)
    length += line.length + NEWLINE.length
  }
  if (part.length > 0) yield part.join(NEWLINE)
}

/** Adds lines to one file, made when it is missing; false when it is full. */
function appendTo(path: string, lines: string, maxBytes: number, uid: number | undefined): boolean {
  const fd = open(path)
  try {
    const stat = fs.fstatSync(fd)
    const problem = privateProblem(path, stat, uid, 'self', CODE)
    if (problem !== undefined) throw problem
    if (stat.size >= maxBytes) return false
    const bytes = Buffer.from(`${isTorn(fd, stat.size) ? NEWLINE : ''}${lines}${NEWLINE}`)
    // Never the rest of it in a second write: another's line may stand between by then.
    const written = fs.writeSync(fd, bytes)
    if (written < bytes.length) throw new TokenctlError('WRITE_FAILED', `${path} took only a part of a line.`)
    return true
  } catch (error) {
    throw writeFailed(path, error)
  } finally {
    fs.closeSync(fd)
  }
}

function open(path: string): number {
  try {
    return fs.openSync(path, FLAGS, 0o600)
  } catch (error) {
    throw systemCode(error) === 'ELOOP' ? readFailed(path, error, CODE) : writeFailed(path, error)
  }
}

/** Whether the last line has no end, as a full disk leaves it: the next must not be glued to it. */
function isTorn(fd: number, size: number): boolean {
  if (size === 0) return false
  const last = Buffer.alloc(1)
  fs.readSync(fd, last, 0, 1, size - 1)
  return last.toString() !== NEWLINE
}

function remove(path: string): void {
  try {
    fs.rmSync(path, { force: true })
  } catch (error) {
    throw writeFailed(path, error)
  }
}
