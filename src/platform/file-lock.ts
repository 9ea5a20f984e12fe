/**
 * Locks between processes, held by the kernel on an open file: when the holder dies in any way, the lock is free at
 * once, and no clock decides whether somebody is still alive. The lock file is never removed: a removed one can be
 * locked twice, by those who opened it before and after. A lock is advisory and of this machine only.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { systemCode, TokenctlError } from '../errors.ts'
import type { Clock } from './clock.ts'
import { writeFailed } from './file-problems.ts'

export interface HoldOptions {
  /** Together with others who share it; only who holds it alone is shut out. Default: alone. */
  readonly shared?: boolean
  /** How long to wait for another holder, in milliseconds; 0 tries once. Default 30 s: a holder has 60 s at most for its call. */
  readonly waitMs?: number
}

/** Runs work while no other process works on the same name. */
export interface Locks {
  /** @throws {LOCK_HELD} when another process kept it for longer than the wait · {WRITE_FAILED} · {VAULT_UNAVAILABLE} */
  hold<T>(name: string, work: () => Promise<T>, options?: HoldOptions): Promise<T>
}

export interface HoldLockOptions extends HoldOptions {
  /** What is locked, for the message: `ebay:main`. */
  readonly what: string
  readonly clock: Pick<Clock, 'sleep'>
  /** A number from 0 up to 1; spreads the waiters. */
  readonly random?: () => number
}

export const DEFAULT_WAIT_MS = 30_000
/** Between two tries: quick enough not to be felt, apart enough that many waiters do not march in step. */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [25, 250]

/** What the package's own loader says where it has nothing for a system, or the system takes not what it has (musl). */
const NOT_BUILT = ['ADDON_NOT_FOUND', 'CANNOT_LOAD', 'ERR_DLOPEN_FAILED']

/** The locks of a folder: `ebay:main` is the file `ebay.main.lock` in it. The folder is made when it is missing. */
export function createLocks(
  folder: string,
  options: Omit<HoldLockOptions, 'what'> & { readonly ensureFolder: (path: string) => void },
): Locks {
  return {
    hold: async (name, work, how) => {
      options.ensureFolder(folder)
      const file = join(folder, `${name.replace(/[^a-z0-9-]/g, '.')}.lock`)
      return await holdLock(file, { ...options, ...how, what: name }, work)
    },
  }
}

/**
 * Runs work while this process alone holds the lock on a file, which is made when it is missing.
 *
 * @throws {LOCK_HELD} when it was not free within the wait · {WRITE_FAILED} when the file cannot be made
 *   · {VAULT_UNAVAILABLE} when the file system knows no locks, or they are not built for this system
 */
export async function holdLock<T>(
  path: string,
  options: HoldLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const tryLock = await loadTryLock()
  const fd = openLockFile(path)
  try {
    await waitFor(() => lock(() => tryLock(fd, { shared: options.shared === true }), path), options)
    return await work()
  } finally {
    // The last descriptor of this open file takes the lock with it.
    fs.closeSync(fd)
  }
}

/** What locks come from, for the systems that it was built for. @throws {VAULT_UNAVAILABLE} on others; what a missing file throws */
async function loadTryLock(): Promise<typeof import('fs-native-extensions')['tryLock']> {
  try {
    const { tryLock } = await import('fs-native-extensions')
    return tryLock
  } catch (error) {
    if (!NOT_BUILT.includes(systemCode(error) ?? '')) throw error
    const { platform, arch } = process
    throw new TokenctlError(
      'VAULT_UNAVAILABLE',
      `The part of tokenctl that locks files does not load on this machine (${platform}-${arch}).`,
      {
        fix: 'It is built for Linux with glibc, macOS and Windows, on x64 and arm64: install tokenctl again there, or see `tokenctl doctor`.',
        cause: error,
      },
    )
  }
}

function openLockFile(path: string): number {
  const { O_CREAT, O_RDWR } = fs.constants
  try {
    // Windows has no O_NOFOLLOW.
    return fs.openSync(path, O_CREAT | O_RDWR | (fs.constants.O_NOFOLLOW ?? 0), 0o600)
  } catch (error) {
    if (systemCode(error) === 'ELOOP')
      throw new TokenctlError('VAULT_UNAVAILABLE', `${path} is a symbolic link, which no lock of ours is.`, {
        fix: 'Remove the link and run it again.',
        cause: error,
      })
    throw writeFailed(path, error)
  }
}

function lock(attempt: () => boolean, path: string): boolean {
  try {
    return attempt()
  } catch (cause) {
    // Windows says so where others say EAGAIN, which the package turns into false.
    if (systemCode(cause) === 'EBUSY' || systemCode(cause) === 'EACCES') return false
    throw new TokenctlError(
      'VAULT_UNAVAILABLE',
      `${path} cannot be locked (${systemCode(cause) ?? 'unknown error'}).`,
      {
        fix: 'Its file system may know no locks: move the folder with TOKENCTL_HOME to a local disk.',
        cause,
      },
    )
  }
}

async function waitFor(attempt: () => boolean, options: HoldLockOptions): Promise<void> {
  const { what, clock, waitMs = DEFAULT_WAIT_MS, random = Math.random } = options
  // Pauses are added up, not measured: a clock that is set back must not make the wait longer.
  for (let waited = 0; !attempt(); ) {
    if (waited >= waitMs)
      throw new TokenctlError('LOCK_HELD', `Another tokenctl has been at work on ${what} for too long.`, {
        fix: `Waited ${Math.round(waitMs / 1000)} s. The next run tries again; if nothing is running, see \`ps\` for a stopped one.`,
      })
    const pause = SHORTEST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS)
    waited += pause
    await clock.sleep(pause)
  }
}
