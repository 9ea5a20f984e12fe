/** What work on all records has in common, be they moved (`migrate`) or sealed anew (`rekey`). */
import { isTokenctlError } from '../../errors.ts'
import { type MoveHooks, stopped } from '../../vault/migrate.ts'
import { VaultDoor, type VaultDoorOptions } from '../../vault/open.ts'
import { refOf } from '../selection.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'

/** As long as any run waits for another, in milliseconds. */
export const LOCK_MS = 30_000
/** What takes less is not told of on its way. */
const QUIET_MS = 1000
const EVERY_MS = 2000

/** Stores what killed runs left of these accounts, as every other writer does first. @throws what that throws */
export async function settle(
  accounts: readonly string[],
  parts: VaultDoorOptions,
  world: World,
): Promise<void> {
  if (accounts.length === 0) return
  const door = new VaultDoor(parts)
  try {
    const vault = await door.write()
    for (const account of accounts) await underLock(refOf({ account }), vault, world, async () => {})
  } finally {
    await door.close()
  }
}

/**
 * Long work that tells how far it is, and ends when the person stops it. What stops us at a terminal stops the keychain's
 * helper too: that it ended is then no failure of the keychain.
 *
 * @param what goes before the figures: `Copied to the keychain`
 * @throws {CANCELLED} · what the work throws
 */
export async function untilStopped<T>(
  what: string,
  world: World,
  work: (hooks: Pick<MoveHooks, 'onRecord' | 'isStopped'>) => Promise<T>,
): Promise<T> {
  const { signal } = world
  try {
    return await work({ onRecord: progress(what, world), isStopped: () => signal.aborted })
  } catch (error) {
    if (!signal.aborted || !isTokenctlError(error) || error.code !== 'VAULT_UNAVAILABLE') throw error
    throw stopped()
  }
}

/** Says on standard error how far the work is, once it takes longer than a moment. */
function progress(what: string, { clock, terminal }: World): (done: number, all: number) => void {
  let next = clock.now() + QUIET_MS
  return (done, all) => {
    if (clock.now() < next || done === all) return
    next = clock.now() + EVERY_MS
    terminal.err(`${what}: ${done} of ${all} records.\n`)
  }
}
