/**
 * The gate of a vault: no run that opened one store may write there once the records were moved to another. Whoever takes
 * any lock of a store holds the gate as well, shared with all others who do, and reads the mark anew inside of it; whoever
 * moves the records (`migrate.ts`) or changes what the mark says holds it alone. So a mover waits for everybody who is
 * between presenting a token and storing its answer, and whoever comes after the mover finds another mark and stops before
 * anything is asked or written. The lock is the kernel's, in the state folder, where the mark is: a mover that is killed
 * leaves nothing behind that would have to be lifted.
 */
import { TokenctlError } from '../errors.ts'
import type { Locks } from '../platform/file-lock.ts'
import type { StoreName } from './choices.ts'
import { readMarker } from './marker.ts'
import type { VaultDoorOptions } from './open.ts'

const GATE = 'records'

/** The same options, with locks that are given only while the records rest in this store (or nothing says where). */
export function gated(store: StoreName, options: VaultDoorOptions): VaultDoorOptions {
  const inside = (locks: Locks): Locks => ({
    hold: (name, work) =>
      options.locks.hold(
        GATE,
        async () => {
          refuseMoved(store, options)
          return await locks.hold(name, work)
        },
        { shared: true },
      ),
  })
  return {
    ...options,
    locks: inside(options.locks),
    userLocks: id => inside(options.userLocks(id)),
  }
}

/** Runs work while nobody holds any lock of the vault's stores. Locks taken inside must not be gated ones. @throws {LOCK_HELD} */
export async function alone<T>(
  { locks }: Pick<VaultDoorOptions, 'locks'>,
  work: () => Promise<T>,
): Promise<T> {
  return await locks.hold(GATE, work)
}

/** @throws {LOCK_HELD} when the mark names another store by now. */
function refuseMoved(store: StoreName, { stateDir, files }: VaultDoorOptions): void {
  const now = readMarker(stateDir, files)?.store
  if (now === undefined || now === store) return
  throw new TokenctlError(
    'LOCK_HELD',
    `The records were moved from the ${store} store to the ${now} store while this ran.`,
    { fix: 'Nothing was asked or changed. Run it again.' },
  )
}
