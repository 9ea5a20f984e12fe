/**
 * The last step of a move (`migrate.ts`), and the way back from one that was cut off: the copies in the store that is not
 * in use go away. Their tokens are never used, and never needed once every record in use was opened. A store of many machines
 * that was emptied goes on saying that its records are elsewhere: to the machines that had them there, it is not empty.
 */
import { isTokenctlError, type TokenctlError } from '../errors.ts'
import { AskedConsents } from './asked-consents.ts'
import { eachAtOnce } from './at-once.ts'
import { proveReadable, removeWhole } from './carry.ts'
import type { StoreName } from './choices.ts'
import { alone } from './gate.ts'
import { type Marker, readMarker, writeMarker } from './marker.ts'
import { type MoveHooks, refuseStopped } from './migrate.ts'
import type { VaultDoorOptions } from './open.ts'
import { ensureStoreFolder } from './open-store.ts'
import type { SecretStore } from './secret-store.ts'
import { areOwnCopies, finishMove, moveId, refuseAway, shutOut } from './shut-out.ts'
import { mostAtOnce, settledKeys, withStore } from './store-keys.ts'

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
    await finishMove(options)
    const marker = readMarker(stateDir, files)
    const other = marker?.other
    if (marker === undefined || other === undefined) return undefined
    const removed = await withStore(marker.store, marker, options, used =>
      withStore(other.store, marker, options, async copies => {
        await refuseAway(used, marker)
        await eachAtOnce(await settledKeys(used), mostAtOnce(used), key => proveReadable(key, used))
        ensureStoreFolder(other.store, options)
        const outcome = await removeOwn(used, copies, marker, hooks)
        if (outcome.left.length === 0) await copies.forget?.()
        // The other way round: a move away that was cut off after its word was written, and is taken back.
        const standing = await used.gate?.standing()
        if (standing?.is === 'left') await used.gate?.alone(async () => used.gate?.stand({ is: 'in-use' }))
        return outcome
      }),
    )
    const { other: _, ...rest } = marker
    if (removed.left.length === 0) writeMarker(stateDir, rest, files)
    return { from: other.store, ...removed }
  })
}

/** Nothing is removed where others took the place of our copies. */
async function removeOwn(
  used: SecretStore,
  copies: SecretStore,
  marker: Marker,
  hooks: MoveHooks,
): Promise<Pick<Removed, 'count' | 'left'>> {
  const isOurs = () => areOwnCopies(copies, marker)
  if (!(await isOurs())) return NOTHING
  return await shutOut([copies], async () => {
    if (!(await isOurs())) return NOTHING
    const removed = await removeEach(copies, hooks)
    if ((used.gate ?? copies.gate) === undefined) await new AskedConsents(used).dropOtherSealings()
    else await new AskedConsents(copies).removeAll()
    await copies.gate?.stand({ is: 'left', move: moveId(marker) })
    return removed
  })
}

const NOTHING = { count: 0, left: [] }

async function removeEach(
  copies: SecretStore,
  { onRecord, isStopped }: MoveHooks,
): Promise<Pick<Removed, 'count' | 'left'>> {
  const left: TokenctlError[] = []
  const keys = new Set(await copies.listed?.())
  for await (const entries of copies.pages?.({}) ?? [await copies.headers()])
    for (const entry of entries) {
      if ('problem' in entry && copies.rebuild === undefined) left.push(entry.problem)
      else keys.add(entry.key)
    }
  let done = 0
  await eachAtOnce([...keys], mostAtOnce(copies), async key => {
    refuseStopped({ isStopped })
    try {
      await removeWhole(key, copies)
    } catch (error) {
      if (!isTokenctlError(error) || error.code !== 'RECORD_UNREADABLE') throw error
      left.push(error)
    }
    done += 1
    onRecord?.(done, keys.size)
  })
  return { count: keys.size + left.length, left }
}
