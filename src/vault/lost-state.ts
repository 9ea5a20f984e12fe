/**
 * Telling "nothing was ever stored" from "stored, and the state folder has forgotten" (I5), and bringing back what the
 * folder lacks. Nothing here removes or changes a record.
 */
import { join } from 'node:path'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import { LOCAL_STORES, type StoreName } from './choices.ts'
import type { KeychainStore } from './keychain.ts'
import { derivedId, type Marker, markerPath, newMarker, writeMarker } from './marker.ts'
import type { VaultDoorOptions } from './open.ts'
import { STORE_FOLDERS } from './open-store.ts'
import { countRecords } from './record-count.ts'

/** There are records and the folder has forgotten them: never empty, whatever else is wrong. */
export class Forgotten extends TokenctlError {
  constructor(message: string) {
    super('VAULT_UNAVAILABLE', message, {
      fix: 'If the folder was moved or restored, put it back; else `tokenctl status --verify` writes anew what is missing.',
    })
  }
}

/**
 * Stops where a lost mark cannot be told from what is there: both stores have records, or one has while the records of many
 * machines were chosen, and one of the two is what a move left behind, whose tokens may be spent.
 *
 * @throws {VAULT_UNAVAILABLE}
 */
function refuseBoth(stateDir: string, files: Files, chosen: StoreName | undefined): void {
  const inUse = LOCAL_STORES.filter(store => countRecords(stateDir, store, files) > 0)
  if (inUse.length + (chosen === 'postgres' ? 1 : 0) < 2) return
  const both = inUse.length === 2 ? 'both stores have records' : `the ${inUse[0]} store has records beside it`
  throw new TokenctlError(
    'VAULT_UNAVAILABLE',
    `${markerPath(stateDir)} is missing, and ${both}: nobody can say which of them are in use.`,
    {
      fix: `Restore that file from a backup; or move the folder of the store that was left behind away from ${stateDir} (\`${STORE_FOLDERS.file}\` of the file store, \`${STORE_FOLDERS.keychain}\` of the keychain) and run \`tokenctl status --verify\`.`,
    },
  )
}

/** Stops where there are records without a mark: the mark was lost. @throws {VAULT_UNAVAILABLE} */
export function refuseUnmarked(stateDir: string, files: Files, chosen?: StoreName): void {
  refuseBoth(stateDir, files, chosen)
  for (const store of LOCAL_STORES) {
    const count = countRecords(stateDir, store, files)
    if (count > 0)
      throw new Forgotten(
        `${markerPath(stateDir)} is missing, and ${count} files of the ${store} store are beside it.`,
      )
  }
}

/** Stops where the keychain lists records of a folder that knows of none. @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} */
export async function refuseForgotten(keychain: KeychainStore): Promise<void> {
  const listed = await keychain.listed()
  if (listed === undefined || listed.length === 0) return
  throw new Forgotten(`The keychain holds ${listed.length} records of this folder, but its state is gone.`)
}

/** Whether a keychain lists records of a folder that knows of none; false where it does not answer. */
export async function hasForgotten(keychain: KeychainStore): Promise<boolean> {
  try {
    return ((await keychain.listed()) ?? []).length > 0
  } catch (error) {
    // Nothing says that there ever was a record: a machine without a keychain, or with a locked one, may begin.
    if (isTokenctlError(error) && ['VAULT_UNAVAILABLE', 'VAULT_LOCKED'].includes(error.code)) return false
    throw error
  }
}

/**
 * Whether the keychain that a folder was marked for still lists records, where the folder's own headers are gone.
 *
 * @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} when it cannot be asked
 */
export async function markedHolds(
  keychain: KeychainStore,
  { stateDir }: Pick<VaultDoorOptions, 'stateDir'>,
): Promise<boolean> {
  try {
    return ((await keychain.listed()) ?? []).length > 0
  } catch (error) {
    if (!isTokenctlError(error) || (error.code !== 'VAULT_UNAVAILABLE' && error.code !== 'VAULT_LOCKED'))
      throw error
    throw new TokenctlError(
      error.code,
      `Records were kept in the keychain, and it cannot say whether any are left. ${error.message}`,
      {
        fix: `Make it answer, or unlock it. If nothing is left there that is worth keeping, remove ${markerPath(stateDir)}.`,
        cause: error,
      },
    )
  }
}

/**
 * Stops where the file store's own key is there and not one record: it is made after the mark, so the state folder was
 * lost. A key that a person put there is named by a setting, which says that it waits for its first record.
 *
 * @throws {VAULT_UNAVAILABLE}
 */
export function refuseKeyAlone({ stateDir, defaultKeyFile, settings, files }: VaultDoorOptions): void {
  if (settings.keyFile !== undefined) return
  if (files.readPrivate(defaultKeyFile, { code: 'VAULT_UNAVAILABLE' }) === undefined) return
  throw new TokenctlError(
    'VAULT_UNAVAILABLE',
    `The key of the records is there (${defaultKeyFile}), and the records are gone: ${stateDir} has none.`,
    {
      fix: `Restore that folder from a backup. If nothing was ever stored, or it is lost and you begin anew: \`tokenctl config set key-file ${defaultKeyFile}\`.`,
    },
  )
}

/**
 * Writes anew what a state folder lacks: its mark, and the headers from the keychain's items.
 *
 * @returns warnings, whole sentences
 * @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} · {WRITE_FAILED}
 */
export async function rebuildState(
  options: Pick<VaultDoorOptions, 'stateDir' | 'files' | 'clock'>,
  { marker, chosen }: { readonly marker: Marker | undefined; readonly chosen: StoreName | undefined },
  keychainOf: (id: string) => Promise<KeychainStore>,
): Promise<readonly string[]> {
  const { stateDir, files, clock } = options
  const id = marker?.id ?? (await derivedId(stateDir))
  if (marker === undefined) refuseBoth(stateDir, files, chosen)
  if (marker === undefined && countRecords(stateDir, 'file', files) > 0) {
    writeMarker(stateDir, newMarker({ id, store: 'file' }, clock.now(), undefined), files)
    return []
  }
  const store = marker?.store ?? chosen
  if (store === 'file' || store === 'postgres') return []
  const keychain = await keychainOf(id)
  const listed = await listedOrNothing(keychain, marker)
  if (listed.length === 0 && countRecords(stateDir, 'keychain', files) === 0) return []
  files.ensurePrivateFolder(join(stateDir, STORE_FOLDERS.keychain))
  const { missing, unreadable } = await keychain.rebuild()
  if (marker === undefined)
    writeMarker(stateDir, newMarker({ id, store: 'keychain' }, clock.now(), undefined), files)
  return [
    ...missing.map(key => `The keychain's index lists ${key}, and the keychain has no such item any more.`),
    ...unreadable,
  ]
}

/** Where nothing was ever marked, a keychain that is not there has nothing to say. */
async function listedOrNothing(
  keychain: KeychainStore,
  marker: Marker | undefined,
): Promise<readonly string[]> {
  try {
    return (await keychain.listed()) ?? []
  } catch (error) {
    if (marker === undefined && isTokenctlError(error) && error.code === 'VAULT_UNAVAILABLE') return []
    throw error
  }
}
