/**
 * The gate of a vault: no run that opened one store may write there once the records were moved to another. Whoever takes
 * any lock of a store holds the gate as well, shared with all others who do, and reads the mark anew inside of it; whoever
 * moves the records (`migrate.ts`) or changes what the mark says holds it alone. So a mover waits for everybody who is
 * between presenting a token and storing its answer, and whoever comes after the mover finds another mark and stops before
 * anything is asked or written. Whoever seals all of them anew (`rekey.ts`) does the same. There and back is a move too: a store is known by its mark, not by its name. The lock is
 * the kernel's, in the state folder, where the mark is: a mover that is killed leaves nothing behind to be lifted.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Locks } from '../platform/file-lock.ts'
import type { StoreName } from './choices.ts'
import { type Marker, readMarker } from './marker.ts'
import type { VaultDoorOptions } from './open.ts'

const GATE = 'records'

/** A store as a run found it. */
export interface Stay {
  readonly store: StoreName
  /** The mark that led there; undefined until there is one. */
  marker: Marker | undefined
}

/** Whether two marks speak of the same stay of the records in one store. */
export function isSameStay(one: Marker, other: Marker): boolean {
  return one.store === other.store && one.createdAt === other.createdAt
}

/** The same options, with locks that are given only while this stay of the records lasts (or nothing says where they are). */
export function gated(stay: Stay, options: VaultDoorOptions): VaultDoorOptions {
  const pass = gateOf(options.locks)
  const inside = (locks: Locks): Locks => ({
    hold: (name, work) =>
      pass(async () => {
        refuseMoved(stay, options)
        return await locks.hold(name, work)
      }),
  })
  return {
    ...options,
    locks: inside(options.locks),
    userLocks: id => inside(options.userLocks(id)),
  }
}

/**
 * The way through the gate. Who waited in vain once is not kept waiting again for each of a thousand accounts: until the
 * gate is seen open it is tried once, and what was said the first time is said again.
 */
function gateOf(locks: Locks): <T>(work: () => Promise<T>) => Promise<T> {
  let shut: TokenctlError | undefined
  return async work => {
    let isIn = false
    const enter = async () => {
      isIn = true
      shut = undefined
      return await work()
    }
    try {
      return await locks.hold(GATE, enter, { shared: true, ...(shut && { waitMs: 0 }) })
    } catch (error) {
      if (isIn || !isTokenctlError(error) || error.code !== 'LOCK_HELD') throw error
      shut ??= new TokenctlError(
        'LOCK_HELD',
        'The records are being moved (`tokenctl migrate`) or sealed anew, and that has not come to its end.',
        { fix: error.fix, cause: error },
      )
      throw shut
    }
  }
}

/** Runs work while nobody holds any lock of the vault's stores. Locks taken inside must not be gated ones. @throws {LOCK_HELD} */
export async function alone<T>(
  { locks }: Pick<VaultDoorOptions, 'locks'>,
  work: () => Promise<T>,
): Promise<T> {
  return await locks.hold(GATE, work)
}

/** @throws {LOCK_HELD} when the mark is of another stay by now, or the records are not all under one key */
function refuseMoved({ store, marker }: Stay, { stateDir, files }: VaultDoorOptions): void {
  const now = readMarker(stateDir, files)
  if (now?.sealing !== undefined)
    throw new TokenctlError('LOCK_HELD', 'The records are half under one key and half under another.', {
      fix: '`tokenctl rekey`, which was cut off, finishes it. Nothing was asked or changed.',
    })
  if (now === undefined || (marker === undefined ? now.store === store : isSameStay(now, marker))) return
  const way =
    now.store === store
      ? `away from the ${store} store and back`
      : `from the ${store} store to the ${now.store} store`
  throw new TokenctlError('LOCK_HELD', `The records were moved ${way} while this ran.`, {
    fix: 'Nothing was asked or changed. Run it again.',
  })
}
