/**
 * Moving the records of a vault from one store to another, so that no kill, refusal or run beside it loses one or spends a
 * token twice. In this order:
 *
 * 1. The gate is held alone (`gate.ts`): nobody is between presenting a token and storing its answer, and nobody can begin.
 *    Where one of the two stores is of many machines, its own gate too (`shared-gate.ts`), which keeps all of them out.
 * 2. No journal waits. What is on its way is sealed under the old store's key, and would be out of reach after the move.
 * 3. The mark says that the target is being filled. So a later run knows what a cut-off one left there from records that
 *    are the target's own, which are never touched. Everybody else goes on with the old store.
 * 4. Each record is written, read back through a vault and compared; what the source has no more is taken out again.
 *    A run that was cut off is repeated from here: what is there just so stays, what moved on at the source is written anew.
 *    A store of many machines says of itself, from before its first record on, that it is being filled: none of them uses it.
 * 5. Consents asked for by links are sealed for both stores.
 * 6. The mark names the new store, in one durable write: before it all is as it was, after it all is moved. The same write
 *    says that the old store has copies. A run that opened the old store before meets the new mark at its next lock.
 *    The marks of other machines go on naming a store of many: so that one says before the mark is written that its records
 *    were taken away, and after the mark is written that they are in use. Who is cut off in between leaves no store in use
 *    and an error that names the command; the same command finishes it. Two stores in use it never leaves.
 * 7. Only then, and only when asked to, the copies are removed (`remove-copies.ts`); when they are gone the mark says nothing of them any more.
 */
import { join } from 'node:path'
import { TokenctlError } from '../errors.ts'
import { AskedConsents } from './asked-consents.ts'
import { eachAtOnce } from './at-once.ts'
import { carry, proveReadable, removeWhole } from './carry.ts'
import type { StoreName } from './choices.ts'
import { alone } from './gate.ts'
import { type Marker, newMarker, readMarker, writeLastOpened, writeMarker } from './marker.ts'
import type { VaultDoorOptions } from './open.ts'
import { ensureStoreFolder, probeKeychain, STORE_FOLDERS } from './open-store.ts'
import { countRecords } from './record-count.ts'
import { keySubject } from './records.ts'
import type { SecretStore } from './secret-store.ts'
import { finishMove, moveId, refuseAway, refuseTheirs, shutOut } from './shut-out.ts'
import { listedKeys, mostAtOnce, settledKeys, withStore } from './store-keys.ts'
import { Vault } from './vault.ts'

/** What whoever moves or removes wants to hear, and to have done. */
export interface MoveHooks {
  /** Told after each record how many of how many are done. */
  readonly onRecord?: ((done: number, all: number) => void) | undefined
  /** Asked between two records; true ends the work where it is. */
  readonly isStopped?: (() => boolean) | undefined
  /** Done when all is copied, before the mark names the new store. */
  readonly beforeSwitch?: () => Promise<void>
}

export interface Moved {
  /** The records that rest in the new store now, by key. */
  readonly keys: readonly string[]
  /** Consents asked for by a link that cannot be read, before and after; by account. */
  readonly unreadableLinks: readonly string[]
}

/** The accounts on whose way something is, sealed under the key of the store in use. */
export async function waitingAccounts(options: VaultDoorOptions): Promise<readonly string[]> {
  const marker = readMarker(options.stateDir, options.files)
  if (marker === undefined) return []
  return await withStore(marker.store, marker, options, async store =>
    (await store.journal.keys()).map(keySubject),
  )
}

/**
 * What would be moved: the keys of the records in use. Changes nothing.
 *
 * @throws {STORE_IN_USE} where the other store has records of its own · {RECORD_UNREADABLE} · {VAULT_UNAVAILABLE} · {VAULT_LOCKED}
 */
export async function keysToMove(to: StoreName, options: VaultDoorOptions): Promise<readonly string[]> {
  const marker = readMarker(options.stateDir, options.files)
  if (marker === undefined || marker.store === to) return []
  refuseThird(marker, to)
  return await withStore(marker.store, marker, options, source =>
    withStore(to, marker, options, async target => {
      await refuseAway(source, marker)
      await refuseOthers(target, to, marker, options)
      return await listedKeys(source)
    }),
  )
}

/**
 * Moves every record to another store. Its copies stay in the old one.
 *
 * @throws {STORE_IN_USE} where something is on its way, or the other store has records of its own · {LOCK_HELD} while others are at
 *   work, or when there is nothing to move any more · {CANCELLED} · {RECORD_UNREADABLE} · {WRITE_FAILED} · {VAULT_UNAVAILABLE} · {VAULT_LOCKED}.
 *   After any of them the old store is in use as before, but for an error of `beforeSwitch`'s own.
 */
export async function moveRecords(
  to: StoreName,
  options: VaultDoorOptions,
  hooks: MoveHooks = {},
): Promise<Moved> {
  const { stateDir, files } = options
  return await alone(options, async () => {
    await finishMove(options)
    const marker = readMarker(stateDir, files)
    if (marker === undefined || marker.store === to) throw movedMeanwhile()
    refuseThird(marker, to)
    return await withStore(marker.store, marker, options, source =>
      withStore(to, marker, options, async target => {
        await target.gate?.prepare()
        const work = () => move({ marker, source, target, to }, options, hooks)
        return await shutOut([source, target], work)
      }),
    )
  })
}

/**
 * Finishes what a move that was cut off left standing in a store of many machines, where its records are in use already.
 *
 * @returns whether there was something to finish
 * @throws {VAULT_UNAVAILABLE} also where another machine moved the records away · {LOCK_HELD} · {WRITE_FAILED}
 */
export async function settleMove(options: VaultDoorOptions): Promise<boolean> {
  const marker = readMarker(options.stateDir, options.files)
  if (marker?.store !== 'postgres') return false
  const isInUse = await withStore('postgres', marker, options, async fleet => {
    await refuseAway(fleet, marker)
    return (await fleet.gate?.standing())?.is === 'in-use'
  })
  return !isInUse && (await alone(options, () => finishMove(options)))
}

interface Move {
  readonly marker: Marker
  readonly source: SecretStore
  readonly target: SecretStore
  readonly to: StoreName
}

async function move(
  { marker, source, target, to }: Move,
  options: VaultDoorOptions,
  hooks: MoveHooks,
): Promise<Moved> {
  const { stateDir, files, clock } = options
  const mark = (next: Marker) => writeMarker(stateDir, next, files)
  await refuseAway(source, marker)
  refuseWaiting(await source.journal.keys())
  await refuseOthers(target, to, marker, options)
  if (to === 'keychain') await probeKeychain(marker.id, options)
  const keys = await settledKeys(source)
  const atOnce = mostAtOnce(source, target)
  // Before anything is marked or copied: one that cannot be read ends the move where it has not begun.
  await eachAtOnce(keys, atOnce, key => proveReadable(key, source))
  const isShared = (source.gate ?? target.gate) !== undefined
  const move = isShared ? { move: moveId(marker) } : undefined
  const filling = { store: to, is: 'filling', ...move } as const
  if (marker.other?.is !== 'filling' || marker.other.move !== move?.move) mark({ ...marker, other: filling })
  if (move !== undefined) await target.gate?.stand({ is: 'filling', ...move })
  ensureStoreFolder(to, options)
  let done = 0
  await eachAtOnce(keys, atOnce, async key => {
    refuseStopped(hooks)
    await carry(key, source, target)
    done += 1
    hooks.onRecord?.(done, keys.length)
  })
  const wanted = new Set(keys)
  const more = (await listedKeys(target)).filter(key => !wanted.has(key))
  await eachAtOnce(more, atOnce, key => removeWhole(key, target))
  await refuseIncomplete(keys, target)
  const asked = new AskedConsents(source)
  const unreadableLinks = isShared ? await asked.carryTo(target) : await asked.sealAlsoFor(target)
  refuseStopped(hooks)
  writeLastOpened(stateDir, { at: clock.now(), by: options.by }, files)
  await hooks.beforeSwitch?.()
  if (move !== undefined) await source.gate?.stand({ is: 'left', ...move })
  const moved = { id: marker.id, store: to, other: { store: marker.store, is: 'left', ...move } } as const
  mark(newMarker(moved, clock.now(), marker))
  await target.gate?.stand({ is: 'in-use' })
  return { keys, unreadableLinks }
}

/** @throws {WRITE_FAILED} unless the store lists these records, readable, and no others. */
async function refuseIncomplete(keys: readonly string[], target: SecretStore): Promise<void> {
  const listed = await listedKeys(target)
  let unreadable = 0
  for await (const page of new Vault(target).pages({})) unreadable += page.unreadable.length
  if (unreadable === 0 && listed.join() === [...keys].sort().join()) return
  throw new TokenctlError(
    'WRITE_FAILED',
    'The new store does not list the records that were written to it.',
    {
      fix: 'The store in use is the same as before. Run it again; the new store may be failing.',
    },
  )
}

/** @throws {STORE_IN_USE} for records in the target that no move put there. */
async function refuseOthers(
  target: SecretStore,
  to: StoreName,
  marker: Marker,
  { stateDir, files }: VaultDoorOptions,
): Promise<void> {
  // What a store of many machines holds is not this machine's mark to say.
  if (target.gate !== undefined) return await refuseTheirs(target.gate, to, marker)
  if (marker.other?.store === to) return
  const count = Math.max(countRecords(stateDir, to, files), (await target.listed?.())?.length ?? 0)
  if (count === 0) return
  throw new TokenctlError(
    'STORE_IN_USE',
    `The ${to} store has ${count} records already that do not come from a move, and nothing is written over them.`,
    {
      fix:
        to === 'file'
          ? `If nothing needs them, move ${join(stateDir, STORE_FOLDERS.file)} away. Nothing was changed.`
          : `If nothing needs them, remove them with the keychain's own program (their names begin with this vault's id, in vault.json), and ${join(stateDir, STORE_FOLDERS.keychain)}. Nothing was changed.`,
    },
  )
}

/** Stops where a third store has copies of an earlier move: no mark speaks of two such stores. @throws {STORE_IN_USE} */
function refuseThird({ other, sealing }: Marker, to: StoreName): void {
  if (sealing !== undefined)
    throw new TokenctlError('STORE_IN_USE', 'The records are half under one key and half under another.', {
      fix: 'Finish that first: `tokenctl rekey`. Nothing was changed.',
    })
  if (other === undefined || other.store === to) return
  throw new TokenctlError(
    'STORE_IN_USE',
    `The ${other.store} store has copies of an earlier move, or of one that was cut off.`,
    {
      fix: `Remove them first: \`tokenctl migrate --remove-old\`; or move the records there: \`tokenctl migrate --to ${other.store}\`. Nothing was changed.`,
    },
  )
}

/** @throws {STORE_IN_USE} while a token is on its way. */
export function refuseWaiting(journals: readonly string[]): void {
  const accounts = journals.map(keySubject)
  if (accounts.length === 0) return
  throw new TokenctlError(
    'STORE_IN_USE',
    `An answer for ${accounts.join(', ')} is awaited or waits to be stored, sealed under the key of the store in use.`,
    {
      fix: `Settle it first: \`tokenctl renew ${accounts.join(' ')}\`; then run this again. Nothing was changed.`,
    },
  )
}

/** The error of work that was stopped between two records, or in one: what is done stays, and the same command goes on. */
export function stopped(): TokenctlError {
  return new TokenctlError('CANCELLED', 'Stopped. The store in use is the same as before.', {
    fix: 'The same command goes on from here.',
  })
}

/** Ends work that the person has stopped. @throws {CANCELLED} */
export function refuseStopped({ isStopped }: Pick<MoveHooks, 'isStopped'>): void {
  if (isStopped?.() === true) throw stopped()
}

function movedMeanwhile(): TokenctlError {
  return new TokenctlError(
    'LOCK_HELD',
    'The records were moved, or the last was removed, by another run meanwhile.',
    {
      fix: 'Nothing was changed. Run it again.',
    },
  )
}
