/**
 * Moving the records of a vault from one store to another, so that no kill, refusal or run beside it loses one or spends a
 * token twice. In this order:
 *
 * 1. The gate is held alone (`gate.ts`): nobody is between presenting a token and storing its answer, and nobody can begin.
 * 2. No journal waits. What is on its way is sealed under the old store's key, and would be out of reach after the move.
 * 3. The mark says that the target is being filled. So a later run knows what a cut-off one left there from records that
 *    are the target's own, which are never touched. Everybody else goes on with the old store.
 * 4. Each record is written, read back through a vault and compared; what the source has no more is taken out again.
 *    A run that was cut off is repeated from here: what is there just so stays, what moved on at the source is written anew.
 * 5. Consents asked for by links are sealed for both stores.
 * 6. The mark names the new store, in one durable write: before it all is as it was, after it all is moved. The same write
 *    says that the old store has copies. A run that opened the old store before meets the new mark at its next lock.
 * 7. Only then, and only when asked to, the copies are removed; when they are gone the mark says nothing of them any more.
 */
import { join } from 'node:path'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import { AskedConsents } from './asked-consents.ts'
import { carry, proveReadable, removeWhole } from './carry.ts'
import type { StoreName } from './choices.ts'
import { alone } from './gate.ts'
import { countRecords } from './lost-state.ts'
import { type Marker, readMarker, writeLastOpened, writeMarker } from './marker.ts'
import type { VaultDoorOptions } from './open.ts'
import { JOURNAL_FOLDER, openStore, probeKeychain, STORE_FOLDERS } from './open-store.ts'
import { keySubject } from './records.ts'
import type { SecretStore } from './secret-store.ts'
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

export interface Removed {
  readonly from: StoreName
  readonly count: number
  /** What could not be read, and so was left (I5). */
  readonly left: readonly TokenctlError[]
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
  return await withStore(marker.store, marker, options, source =>
    withStore(to, marker, options, async target => {
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
    const marker = readMarker(stateDir, files)
    if (marker === undefined || marker.store === to) throw movedMeanwhile()
    return await withStore(marker.store, marker, options, source =>
      withStore(to, marker, options, target => move({ marker, source, target, to }, options, hooks)),
    )
  })
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
  const mark = (next: Marker) => writeMarker(stateDir, next, clock.now(), files)
  refuseWaiting(await source.journal.keys())
  await refuseOthers(target, to, marker, options)
  if (to === 'keychain') await probeKeychain(marker.id, options)
  const keys = await settledKeys(source)
  // Before anything is marked or copied: one that cannot be read ends the move where it has not begun.
  for (const key of keys) await proveReadable(key, source)
  if (marker.other?.store !== to || marker.other.is !== 'filling')
    mark({ ...marker, other: { store: to, is: 'filling' } })
  files.ensurePrivateFolder(join(stateDir, STORE_FOLDERS[to]))
  for (const [at, key] of keys.entries()) {
    refuseStopped(hooks)
    await carry(key, source, target)
    hooks.onRecord?.(at + 1, keys.length)
  }
  for (const key of await listedKeys(target)) if (!keys.includes(key)) await removeWhole(key, target)
  await refuseIncomplete(keys, target)
  const unreadableLinks = await new AskedConsents(source).sealAlsoFor(target)
  refuseStopped(hooks)
  writeLastOpened(stateDir, { at: clock.now(), by: options.by }, files)
  await hooks.beforeSwitch?.()
  mark({ id: marker.id, store: to, other: { store: marker.store, is: 'left' } })
  return { keys, unreadableLinks }
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
  const { stateDir, files, clock } = options
  return await alone(options, async () => {
    const marker = readMarker(stateDir, files)
    const other = marker?.other
    if (marker === undefined || other === undefined) return undefined
    const removed = await withStore(marker.store, marker, options, used =>
      withStore(other.store, marker, options, async copies => {
        for (const key of await settledKeys(used)) await proveReadable(key, used)
        files.ensurePrivateFolder(join(stateDir, STORE_FOLDERS[other.store]))
        const outcome = await removeEach(copies, hooks)
        await new AskedConsents(used).dropOtherSealings()
        // What was moved aside for a person to look at is sealed under the same key.
        const hasAside = (files.list(join(stateDir, JOURNAL_FOLDER)) ?? []).length > 0
        if (outcome.left.length === 0) await copies.forget?.({ key: !hasAside })
        return outcome
      }),
    )
    const { id, store } = marker
    if (removed.left.length === 0) writeMarker(stateDir, { id, store }, clock.now(), files)
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

/** The store of this name, for as long as the work takes. Its locks are not gated: whoever moves holds the gate alone. */
async function withStore<T>(
  name: StoreName,
  { id }: Marker,
  options: VaultDoorOptions,
  work: (store: SecretStore) => Promise<T>,
): Promise<T> {
  const store = await openStore(name, id, options)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** The keys of all records, by the headers and by the store's own list. @throws {RECORD_UNREADABLE} */
async function listedKeys(store: SecretStore): Promise<readonly string[]> {
  const keys = new Set(await store.listed?.())
  for (const entry of await store.headers()) {
    // Where a list stands beside the headers, the key of a damaged one is sure and its item has all that it said.
    if ('problem' in entry && store.rebuild === undefined) throw entry.problem
    keys.add(entry.key)
  }
  return [...keys].sort()
}

/** The keys of all records, when headers and list were brought together. @throws {RECORD_UNREADABLE} for one that is not whole */
async function settledKeys(store: SecretStore): Promise<readonly string[]> {
  const { missing = [], unreadable = [] } = (await store.rebuild?.()) ?? {}
  const [lost] = missing
  if (lost !== undefined)
    throw new TokenctlError(
      'RECORD_UNREADABLE',
      `The keychain lists ${keySubject(lost)}, and has no such item any more.`,
      {
        account: keySubject(lost),
        fix: 'Restore the keychain from a backup, or remove what is left of it, and run it again.',
      },
    )
  const [damaged] = unreadable
  if (damaged !== undefined) throw new TokenctlError('RECORD_UNREADABLE', damaged)
  return await listedKeys(store)
}

/** @throws {WRITE_FAILED} unless the store lists these records, readable, and no others. */
async function refuseIncomplete(keys: readonly string[], target: SecretStore): Promise<void> {
  const listed = await listedKeys(target)
  const { unreadable } = await new Vault(target).listing()
  if (unreadable.length === 0 && listed.join() === [...keys].sort().join()) return
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
  { other }: Marker,
  { stateDir, files }: VaultDoorOptions,
): Promise<void> {
  if (other?.store === to) return
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

/** @throws {STORE_IN_USE} while a token is on its way. */
function refuseWaiting(journals: readonly string[]): void {
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

function refuseStopped({ isStopped }: Pick<MoveHooks, 'isStopped'>): void {
  if (isStopped?.() !== true) return
  throw new TokenctlError('CANCELLED', 'Stopped. The store in use is the same as before.', {
    fix: 'The same command goes on from here.',
  })
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
