/**
 * Files that hold no secret and are for other programs to read: a monitor's figures, a calendar, a page. Written so that
 * a reader sees the old text or the new one and never a part, and so that nothing but a plain file is ever replaced:
 * not what a link points to, no folder, no device.
 */
import fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { systemCode, TokenctlError } from '../errors.ts'
import { writeFailed } from './file-problems.ts'
import { randomHex } from './random-hex.ts'

const { O_CREAT, O_EXCL, O_WRONLY } = fs.constants
// Windows lacks it.
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0

/** Everybody may read it; a process' umask, which is 0077 here, has no say. */
const MODE = 0o644
/** A half-written file this much older than the one just made belongs to a run that was killed. */
const ABANDONED_MS = 3_600_000

/**
 * Replaces a file by this text, mode 0644. After it returns the text is on the disk; when it throws, what was there
 * before still is, and nothing else.
 *
 * @throws {WRITE_FAILED}
 */
export function writePublicFile(path: string, text: string): void {
  refuseOther(path)
  const name = `.${basename(path)}.`
  // No collector of files reads a name like this: it begins with a dot and does not end as `path` does.
  const temporary = join(dirname(path), `${name}${randomHex()}.tmp`)
  try {
    const madeAt = writeNew(temporary, text)
    // The folder is not flushed: a power cut that undoes the renaming leaves the old text, and the next run renames again.
    fs.renameSync(temporary, path)
    sweep(dirname(path), name, madeAt)
  } catch (cause) {
    fs.rmSync(temporary, { force: true })
    throw failed(path, cause)
  }
}

/** Stops where something else than a plain file has the name. */
function refuseOther(path: string): void {
  // The system itself would say only that something is no folder.
  if (/[\\/]$/.test(path)) throw refused(path, 'names a folder, not a file', 'Add a name for the file.')
  let stat: fs.Stats | undefined
  try {
    stat = fs.lstatSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    throw failed(path, cause)
  }
  if (stat === undefined || stat.isFile()) return
  if (stat.isSymbolicLink())
    throw refused(path, 'is a symbolic link, and links are not followed', 'Name the real file.')
  if (stat.isDirectory()) throw refused(path, 'is a folder', 'Name a file in it.')
  throw refused(path, 'is no plain file', 'Name another; what is not named is printed on standard output.')
}

function writeNew(path: string, text: string): number {
  const fd = fs.openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, MODE)
  try {
    fs.fchmodSync(fd, MODE)
    fs.writeFileSync(fd, text)
    fs.fsyncSync(fd)
    return fs.fstatSync(fd).mtimeMs
  } finally {
    fs.closeSync(fd)
  }
}

/** Removes what killed runs left of this very file. Others' files in the folder are none of ours. */
function sweep(folder: string, begin: string, madeAt: number): void {
  try {
    for (const name of fs.readdirSync(folder)) {
      if (!name.startsWith(begin) || !/^[0-9a-f]{16}\.tmp$/.test(name.slice(begin.length))) continue
      const left = join(folder, name)
      const stat = fs.lstatSync(left, { throwIfNoEntry: false })
      if (stat?.isFile() && madeAt - stat.mtimeMs > ABANDONED_MS) fs.rmSync(left, { force: true })
    }
  } catch (error) {
    // What was to be written is in its place; a folder that may be written and not listed is no fault of it.
    if (systemCode(error) === undefined) throw error
  }
}

function failed(path: string, cause: unknown): TokenctlError {
  if (systemCode(cause) === 'ENOENT')
    return refused(
      path,
      `cannot be written: there is no folder ${dirname(path)}`,
      'Make the folder first.',
      cause,
    )
  // The words for what the system says are those of every file; their mends speak of our own folders.
  const { message } = writeFailed(path, cause)
  return new TokenctlError('WRITE_FAILED', message, {
    fix: 'What was there before still is. Mend that, or name another file.',
    cause,
  })
}

function refused(path: string, what: string, fix: string, cause?: unknown): TokenctlError {
  return new TokenctlError('WRITE_FAILED', `${path} ${what}.`, { fix, cause })
}
