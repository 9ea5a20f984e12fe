/**
 * The last step of a move (`migrate.ts`), and the way back from one that was cut off: the copies in the store that is not
 * in use go away. Their tokens are never used, and never needed once every record in use was opened.
 */
import { isTokenctlError, type TokenctlError } from '../errors.ts'
import { AskedConsents } from './asked-consents.ts'
import { proveReadable, removeWhole } from './carry.ts'
import type { StoreName } from './choices.ts'
import { alone } from './gate.ts'
import { readMarker, writeMarker } from './marker.ts'
import { type MoveHooks, refuseStopped } from './migrate.ts'
import type { VaultDoorOptions } from './open.ts'
import { ensureStoreFolder } from './open-store.ts'
import type { SecretStore } from './secret-store.ts'
import { settledKeys, withStore } from './store-keys.ts'

export interface Removed {
  readonly from: StoreName
  readonly count: number
  /** What could not be read, and so was left (I5). */
  readonly left: readonly TokenctlError[]
}

/**
 * Removes the copies that are in the store that is not in use, once every record of the one in use was read.
 *
 * @returns undefined where there are none.
 * @throws {RECORD_UNREADABLE} when a record in use cannot be read: then its copy may be all there is · {LOCK_HELD} · {CANCELLED}
 *   · {WRITE_FAILED} · {VAULT_UNAVAILABLE} · {VAULT_LOCKED}
 */
export async function removeCopies(
  options: VaultDoorOptions,
  hooks: Pick<MoveHooks, 'onRecord' | 'isStopped'> = {},
): Promise<Removed | undefined> {
  const { stateDir, files } = options
  return await alone(options, async () => {
    const marker = readMarker(stateDir, files)
    const other = marker?.other
    if (marker === undefined || other === undefined) return undefined
    const removed = await withStore(marker.store, marker, options, used =>
      withStore(other.store, marker, options, async copies => {
        for (const key of await settledKeys(used)) await proveReadable(key, used)
        ensureStoreFolder(other.store, options)
        const outcome = await removeEach(copies, hooks)
        await new AskedConsents(used).dropOtherSealings()
        if (outcome.left.length === 0) await copies.forget?.()
        return outcome
      }),
    )
    const { other: _, ...rest } = marker
    if (removed.left.length === 0) writeMarker(stateDir, rest, files)
    return { from: other.store, ...removed }
  })
}

async function removeEach(
  copies: SecretStore,
  { onRecord, isStopped }: MoveHooks,
): Promise<Pick<Removed, 'count' | 'left'>> {
  const left: TokenctlError[] = []
  const keys = new Set(await copies.listed?.())
  for (const entry of await copies.headers()) {
    if ('problem' in entry && copies.rebuild === undefined) left.push(entry.problem)
    else keys.add(entry.key)
  }
  let done = 0
  for (const key of keys) {
    refuseStopped({ isStopped })
    try {
      await removeWhole(key, copies)
    } catch (error) {
      if (!isTokenctlError(error) || error.code !== 'RECORD_UNREADABLE') throw error
      left.push(error)
    }
    done += 1
    onRecord?.(done, keys.size)
  }
  return { count: keys.size + left.length, left }
}
