/**
 * Which of our own files and folders are open to others, are links, or are another user's; and closing those that their
 * mode alone leaves open. Never follows a link, never touches what another user owns, never removes anything but a
 * half-written file that a killed run left.
 */
import fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { systemCode, type TokenctlError } from '../errors.ts'
import { writeNew } from './durable-write.ts'
import { folderProblem, privateProblem, readFailed } from './file-problems.ts'
import { randomHex } from './random-hex.ts'

/** A file or folder that is not private. */
export interface Loose {
  readonly path: string
  /** In the words, with the mend, of whoever would refuse to use it. */
  readonly problem: TokenctlError
  /** Whether closing it to others is all that it takes, and ours to do. */
  readonly canClose: boolean
}

/** Who looks: the number of the user, undefined where the system has none (Windows), and nothing is looked at. */
export type Uid = number | undefined

const { O_RDONLY } = fs.constants
// Windows lacks both. O_NONBLOCK: a FIFO in a file's place must not hold the program up.
const FLAGS = O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0)
const OTHERS = 0o077
/** As `durable-write.ts` names and ages them. */
const HALF_WRITTEN = /^\..+\.[0-9a-f]{16}\.tmp$/
const ABANDONED_MS = 3_600_000

/** What is not private of a folder that should be, itself or under it; nothing where there is no such folder. */
export function looseUnder(folder: string, uid: Uid): readonly Loose[] {
  if (uid === undefined || statOf(folder)?.isDirectory() !== true) return looseFolder(folder, uid)
  return [...looseFolder(folder, uid), ...namesIn(folder).flatMap(name => looseIn(join(folder, name), uid))]
}

function looseIn(path: string, uid: Uid): readonly Loose[] {
  return statOf(path)?.isDirectory() === true ? looseUnder(path, uid) : looseFile(path, uid)
}

/** What is not private of a folder that should be, without what is in it. */
export function looseFolder(path: string, uid: Uid): readonly Loose[] {
  const stat = uid === undefined ? undefined : statOf(path)
  const problem = stat && folderProblem(path, stat, uid)
  return problem === undefined
    ? []
    : [{ path, problem, canClose: stat?.isDirectory() === true && stat.uid === uid }]
}

/** What is not private of a file that should be; nothing where there is none. */
export function looseFile(path: string, uid: Uid): readonly Loose[] {
  const stat = uid === undefined ? undefined : statOf(path)
  if (stat === undefined) return []
  if (stat.isSymbolicLink())
    return [{ path, problem: readFailed(path, { code: 'ELOOP' }, 'RECORD_UNREADABLE'), canClose: false }]
  const problem = privateProblem(path, stat, uid, 'self', 'RECORD_UNREADABLE')
  const canClose = stat.isFile() && stat.uid === uid && stat.nlink === 1
  return problem === undefined ? [] : [{ path, problem, canClose }]
}

/** Whether others may write a file, whatever else they may. */
export function isWritableByOthers(path: string, uid: Uid): boolean {
  const stat = uid === undefined ? undefined : statOf(path)
  return stat?.isFile() === true && (stat.mode & OTHERS & 0o022) !== 0
}

/** The folder above a path that everybody may write, so that anybody may move what is in it; undefined when there is none. */
export function openAbove(path: string, uid: Uid): string | undefined {
  if (uid === undefined) return undefined
  for (let at = dirname(path); ; at = dirname(at)) {
    const stat = statOf(at)
    // The sticky bit leaves a name in it to its owner, as in /tmp.
    if (stat?.isDirectory() === true && (stat.mode & 0o002) !== 0 && (stat.mode & 0o1000) === 0) return at
    if (at === dirname(at)) return undefined
  }
}

/**
 * Takes a file or folder of ours away from others: its mode becomes 0600 or 0700. Checked on what was opened, not on the
 * name. Returns the mode that it had.
 *
 * @throws what the system throws; an Error where it is not ours, a link, or has a second name.
 */
export function closeToOthers(path: string, uid: Uid): number {
  const fd = fs.openSync(path, FLAGS)
  try {
    const stat = fs.fstatSync(fd)
    const isOurs = stat.uid === uid && (stat.isDirectory() || (stat.isFile() && stat.nlink === 1))
    if (!isOurs) throw Object.assign(new Error('not ours to close'), { code: 'EPERM' })
    fs.fchmodSync(fd, stat.isDirectory() ? 0o700 : 0o600)
    return stat.mode & 0o7777
  } finally {
    fs.closeSync(fd)
  }
}

/**
 * Half-written files that killed runs left in a folder of ours: an hour older, by the disk's own time, than one that is
 * made for this and removed. Nothing where no file can be made.
 */
export function leftoversIn(folder: string, uid: Uid): readonly string[] {
  const names = namesIn(folder).filter(name => HALF_WRITTEN.test(name))
  if (names.length === 0) return []
  const now = diskTime(folder)
  return names
    .map(name => join(folder, name))
    .filter(path => {
      const stat = statOf(path)
      return stat?.isFile() === true && stat.uid === (uid ?? stat.uid) && now - stat.mtimeMs > ABANDONED_MS
    })
}

/** Removes a half-written file. @throws what the system throws. */
export function removeLeftover(path: string): void {
  if (!HALF_WRITTEN.test(basename(path))) throw new Error('no half-written file of ours')
  fs.unlinkSync(path)
}

function diskTime(folder: string): number {
  const path = join(folder, `.doctor.${randomHex()}.tmp`)
  try {
    return writeNew(path, '')
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    // A folder that takes no file has its own finding; nothing in it is old then.
    return 0
  } finally {
    fs.rmSync(path, { force: true })
  }
}

/** The names in a folder, sorted, without regard to who may read it; none where it cannot be read or is no folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder).sort()
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    return []
  }
}

function statOf(path: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    // Behind a folder that may not be entered nothing can be seen; that folder is what is told of.
    if (systemCode(error) === undefined) throw error
    return undefined
  }
}
