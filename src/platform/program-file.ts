/**
 * Whether a program that a person named may be run: by its own file and the folders that lead to it. What others could
 * put something else in the place of is never run, since it would run as this user. Nothing here runs anything. Access
 * lists beyond the modes are not looked at.
 */
import fs from 'node:fs'
import { dirname, isAbsolute, join, parse, sep } from 'node:path'
import { systemCode } from '../errors.ts'
import { isOwnGroup } from './own-group.ts'

/** The machine that the questions are asked of. */
export interface ProgramHost {
  readonly platform: NodeJS.Platform
  /** The effective user's number; undefined where there are none (Windows). */
  readonly uid: number | undefined
  /** Whether nobody is in a group but this user and root; by the system's files, unless a test says otherwise. */
  readonly isOwnGroup?: (gid: number) => boolean
}

/** A host that has modes and owners. */
interface OwnedHost {
  readonly uid: number
  readonly isOwnGroup: (gid: number) => boolean
}

const WRITABLE_BY_GROUP_OR_OTHERS = 0o022
const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_OTHERS = 0o002
const STICKY = 0o1000

/**
 * Why a program may not be run, as a whole sentence with its mend; undefined when it may. It must be named by an absolute
 * path and be a regular file of this user's or root's that the system would run and only its owner can write. Every folder
 * that leads there, by links too, must be this user's or root's and in nobody else's hands: its group may write it where
 * that group is this user's alone. On Windows only the first half is asked.
 */
export function programProblem(path: string, host: ProgramHost): string | undefined {
  if (path.includes('\0')) return 'The path of the program has a zero byte in it.'
  if (!isAbsolute(path)) return `${path} is no absolute path: write where the program is, from the root.`
  const { platform, uid } = host
  try {
    const real = fs.realpathSync(path)
    const stat = fs.statSync(real)
    if (!stat.isFile()) return `${path} is not a regular file.`
    fs.accessSync(real, fs.constants.X_OK)
    if (platform === 'win32' || uid === undefined) return undefined
    const owned = { uid, isOwnGroup: host.isOwnGroup ?? ((gid: number) => isOwnGroup(gid, uid)) }
    return fileProblem(path, stat, uid) ?? wayProblem(path, owned)
  } catch (error) {
    return notRunnable(path, error)
  }
}

function notRunnable(path: string, error: unknown): string {
  const code = systemCode(error)
  if (code === 'ENOENT' || code === 'ENOTDIR') return `There is no program ${path}.`
  if (code === 'EACCES' || code === 'EPERM')
    return `${path} may not be run by this user: \`chmod u+x ${quoted(path)}\`, or mend the folders above it.`
  return `${path} cannot be looked at (${code ?? 'unknown error'}).`
}

function fileProblem(path: string, stat: fs.Stats, uid: number): string | undefined {
  if (stat.uid !== uid && stat.uid !== 0)
    return `${path} belongs to another user (uid ${stat.uid}), who could change what is run: own a copy of it.`
  return (stat.mode & WRITABLE_BY_GROUP_OR_OTHERS) === 0
    ? undefined
    : `${path} can be written by others than its owner: \`chmod go-w ${quoted(path)}\`.`
}

/** What is wrong on the way that the system walks to a program, folder by folder and link by link. */
function wayProblem(path: string, host: OwnedHost): string | undefined {
  const { root } = parse(path)
  const rest = wordsOf(path.slice(root.length))
  let folder = root
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '..') {
      folder = dirname(folder)
      continue
    }
    const problem = folderProblem(folder, rest.length === 0, host)
    if (problem !== undefined) return `${path} is in a folder that ${problem}`
    const entry = join(folder, name)
    const stat = fs.lstatSync(entry)
    if (!stat.isSymbolicLink()) {
      folder = entry
      continue
    }
    // In a sticky folder it is its owner who says where it leads.
    if (stat.uid !== host.uid && stat.uid !== 0)
      return `${path} goes by a link that belongs to another user (${entry}, uid ${stat.uid}): name the program by another path.`
    const target = fs.readlinkSync(entry)
    if (isAbsolute(target)) folder = root
    rest.unshift(...wordsOf(target))
  }
  return undefined
}

/** What is wrong with a folder, to follow "a folder that": whoever can write it can put another file there. */
function folderProblem(folder: string, isProgramsOwn: boolean, host: OwnedHost): string | undefined {
  const { mode, uid, gid } = fs.statSync(folder)
  const elsewhere = 'or move the program to another folder.'
  if (uid !== host.uid && uid !== 0)
    return `belongs to another user (${folder}, uid ${uid}), who could put another program there: move it to one of your own.`
  // The names in a sticky folder are their owners' alone. Beside the program others may still put what it loads.
  if ((mode & STICKY) !== 0 && !isProgramsOwn) return undefined
  if ((mode & WRITABLE_BY_OTHERS) !== 0)
    return `everybody can write (${folder}): \`chmod go-w ${quoted(folder)}\`, ${elsewhere}`
  if ((mode & WRITABLE_BY_GROUP) === 0 || host.isOwnGroup(gid)) return undefined
  return `others of its group can write (${folder}, gid ${gid}): \`chmod g-w ${quoted(folder)}\`, ${elsewhere}`
}

function wordsOf(path: string): string[] {
  return path.split(sep).filter(word => word !== '' && word !== '.')
}

/** A path as a shell takes it, so that a hint can be copied. */
function quoted(path: string): string {
  return /^[\w./:+@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
