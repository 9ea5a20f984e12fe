/**
 * Whether a program that a person named may be run: by its own file and the folders that lead to it. What others could
 * put something else in the place of is never run, since it would run as this user. Nothing here runs anything.
 */
import fs from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { systemCode } from '../errors.ts'

/** The machine that the questions are asked of. */
export interface ProgramHost {
  readonly platform: NodeJS.Platform
  /** The effective user's number; undefined where there are none (Windows). */
  readonly uid: number | undefined
}

const WRITABLE_BY_GROUP_OR_OTHERS = 0o022
const WRITABLE_BY_OTHERS = 0o002
const STICKY = 0o1000

/**
 * Why a program may not be run, as a whole sentence with its mend; undefined when it may. It must be named by an absolute
 * path, be a regular file of this user's or root's that the system would run and only its owner can write, in a folder
 * that not everybody can write. On Windows only the first half is asked.
 */
export function programProblem(path: string, { platform, uid }: ProgramHost): string | undefined {
  if (path.includes('\0')) return 'The path of the program has a zero byte in it.'
  if (!isAbsolute(path)) return `${path} is no absolute path: write where the program is, from the root.`
  let real: string
  let stat: fs.Stats
  try {
    real = fs.realpathSync(path)
    stat = fs.statSync(real)
    if (!stat.isFile()) return `${path} is not a regular file.`
    fs.accessSync(real, fs.constants.X_OK)
  } catch (error) {
    return notRunnable(path, error)
  }
  if (platform === 'win32' || uid === undefined) return undefined
  if (stat.uid !== uid && stat.uid !== 0)
    return `${path} belongs to another user (uid ${stat.uid}), who could change what is run: own a copy of it.`
  if ((stat.mode & WRITABLE_BY_GROUP_OR_OTHERS) !== 0)
    return `${path} can be written by others than its owner: \`chmod go-w ${quoted(path)}\`.`
  return folderProblem(path) ?? (real === path ? undefined : folderProblem(real))
}

function notRunnable(path: string, error: unknown): string {
  const code = systemCode(error)
  if (code === 'ENOENT' || code === 'ENOTDIR') return `There is no program ${path}.`
  if (code === 'EACCES' || code === 'EPERM')
    return `${path} may not be run by this user: \`chmod u+x ${quoted(path)}\`, or mend the folders above it.`
  return `${path} cannot be looked at (${code ?? 'unknown error'}).`
}

/** Whoever can write a folder can put another file there; above it, a sticky one keeps the names of others' safe. */
function folderProblem(path: string): string | undefined {
  for (let folder = dirname(path), own = true; ; folder = dirname(folder), own = false) {
    const { mode } = fs.statSync(folder)
    const isOpen = (mode & WRITABLE_BY_OTHERS) !== 0 && (own || (mode & STICKY) === 0)
    if (isOpen)
      return `${path} is in a folder that everybody can write (${folder}): move it to another, or close the folder.`
    if (folder === dirname(folder)) return undefined
  }
}

/** A path as a shell takes it, so that a hint can be copied. */
function quoted(path: string): string {
  return /^[\w./:+@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
