/**
 * What is wrong with a file or folder, in words: each fault its own sentence, with the path and the command that
 * mends it. Pure: facts in, an error or nothing out.
 */
import type { Stats } from 'node:fs'
import { systemCode, TokenctlError } from '../errors.ts'

type UnreadableCode = 'RECORD_UNREADABLE' | 'VAULT_UNAVAILABLE'

const NOT_FOLLOWED = 'Links are not followed where secrets rest. Put the real file there.'

/**
 * What forbids reading a file that should be private; undefined when nothing does. `uid` undefined leaves out the
 * questions that only POSIX answers. `system` lets root own the file and its group read it.
 */
export function privateProblem(
  path: string,
  stat: Stats,
  uid: number | undefined,
  owner: 'self' | 'system',
  code: UnreadableCode,
): TokenctlError | undefined {
  if (stat.isDirectory())
    return problem(code, `${path} is a folder, not a file.`, 'Move it away, or name the file itself.')
  if (!stat.isFile()) return problem(code, `${path} is not a regular file.`, 'Put a regular file there.')
  if (uid === undefined) return undefined
  const byRoot = owner === 'system' && stat.uid === 0
  if (stat.uid !== uid && !byRoot)
    return problem(
      code,
      `${path} belongs to another user (uid ${stat.uid}, not ${uid}).`,
      'Run tokenctl as the user who owns it, or copy the file and own the copy.',
    )
  if ((stat.mode & (byRoot ? 0o007 : 0o077)) !== 0)
    return problem(
      code,
      `${path} can be read or written by others (mode ${octal(stat.mode)}).`,
      `If nobody else could have read it: \`chmod 600 ${quoted(path)}\`. Else replace the secret too.`,
    )
  if (stat.nlink !== 1)
    return problem(
      code,
      `${path} has ${stat.nlink} names (hard links), so others may hold it too.`,
      `Make it a file of its own: \`cp -p ${quoted(path)} ${quoted(`${path}.new`)} && mv ${quoted(`${path}.new`)} ${quoted(path)}\`.`,
    )
  return undefined
}

/** What forbids keeping secrets in a folder; undefined when nothing does. */
export function folderProblem(path: string, stat: Stats, uid: number | undefined): TokenctlError | undefined {
  const code = 'VAULT_UNAVAILABLE'
  if (stat.isSymbolicLink())
    return problem(code, `${path} is a symbolic link, not a folder of its own.`, NOT_FOLLOWED)
  if (!stat.isDirectory()) return problem(code, `${path} is not a folder.`, 'Move it away.')
  if (uid === undefined) return undefined
  if (stat.uid !== uid)
    return problem(
      code,
      `${path} belongs to another user (uid ${stat.uid}, not ${uid}).`,
      'Run tokenctl as the user who owns it, or choose another folder with TOKENCTL_HOME.',
    )
  if ((stat.mode & 0o077) !== 0)
    return problem(
      code,
      `${path} is open to others (mode ${octal(stat.mode)}).`,
      `Close it: \`chmod 700 ${quoted(path)}\`.`,
    )
  return undefined
}

/** The error for a file or folder that the system would not let us read. */
export function readFailed(path: string, cause: unknown, code: UnreadableCode): TokenctlError {
  const reason = systemCode(cause)
  if (reason === 'ELOOP')
    return new TokenctlError(code, `${path} is a symbolic link.`, { fix: NOT_FOLLOWED, cause })
  if (reason === 'EACCES' || reason === 'EPERM')
    return new TokenctlError(code, `${path} may not be read by this user.`, {
      fix: 'Run tokenctl as the user who owns it, or mend the modes of the folders above.',
      cause,
    })
  const words = reason === undefined ? undefined : WORDS[reason]?.[0]
  return new TokenctlError(code, `${path} cannot be read: ${words ?? reason ?? 'unknown error'}.`, { cause })
}

// [what it means, what mends it]
const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', 'Free some space and run it again.'],
  EDQUOT: ['the disk quota is used up', 'Free some space and run it again.'],
  EROFS: [
    'the file system is read-only',
    'Mount it for writing, or move the folder with TOKENCTL_HOME to one that is.',
  ],
  EACCES: ['this user may not write there', 'Mend the owner and the modes of the folder.'],
  EPERM: ['this user may not write there', 'Mend the owner and the modes of the folder.'],
  EIO: ['the disk reported an error', 'Check the disk, and its cable or mount, before the next run.'],
  EMFILE: ['too many files are open in this process', 'Raise the limit (`ulimit -n`) and run it again.'],
  ENFILE: ['too many files are open on this machine', 'Close some programs and run it again.'],
  ENOENT: ['its folder is gone', 'Restore the folder and run it again.'],
  ENOTDIR: ['something above it is not a folder', 'Move that file away and run it again.'],
  ENAMETOOLONG: ['the path is too long', 'Move the folder with TOKENCTL_HOME to a shorter path.'],
  EISDIR: ['a folder is in its place', 'Move the folder away and run it again.'],
}

/** The error for a write that the system refused; what was there before is still there. */
export function writeFailed(path: string, cause: unknown): TokenctlError {
  if (cause instanceof TokenctlError) return cause
  const reason = systemCode(cause)
  const [words, fix] = (reason === undefined ? undefined : WORDS[reason]) ?? [reason ?? 'unknown error']
  return new TokenctlError('WRITE_FAILED', `${path} could not be written: ${words}.`, {
    ...(fix === undefined ? {} : { fix }),
    cause,
  })
}

function problem(code: UnreadableCode, message: string, fix: string): TokenctlError {
  return new TokenctlError(code, message, { fix })
}

/** A path as a shell takes it, so that a hint can be copied. */
function quoted(path: string): string {
  return /^[\w./:+@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0')
}
