/**
 * Telling "nothing was ever stored" from "stored, and the state folder has forgotten" (I5), and bringing back what the
 * folder lacks. Nothing here removes or changes a record.
 */
import { join } from 'node:path'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import type { StoreName } from './choices.ts'
import type { KeychainStore } from './keychain.ts'
import { derivedId, type Marker, markerPath, writeMarker } from './marker.ts'
import type { VaultDoorOptions } from './open.ts'
import { STORE_FOLDERS } from './open-store.ts'

/** There are records and the folder has forgotten them: never empty, whatever else is wrong. */
export class Forgotten extends TokenctlError {
  constructor(message: string) {
    super('VAULT_UNAVAILABLE', message, {
      fix: 'If the folder was moved or restored, put it back; else `tokenctl status --verify` writes anew what is missing.',
    })
  }
}

/** How many files of records a store has in a state folder. */
export function countRecords(stateDir: string, store: StoreName, files: Files): number {
  if (!files.checkPrivateFolder(stateDir)) return 0
  const names = files.list(join(stateDir, STORE_FOLDERS[store])) ?? []
  return names.filter(name => !name.startsWith('.')).length
}

/** Stops where there are records without a mark: the mark was lost. @throws {VAULT_UNAVAILABLE} */
export function refuseUnmarked(stateDir: string, files: Files): void {
  for (const store of ['file', 'keychain'] as const) {
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
  if (marker === undefined && countRecords(stateDir, 'file', files) > 0) {
    writeMarker(stateDir, { id, store: 'file' }, clock.now(), files)
    return []
  }
  if ((marker?.store ?? chosen) === 'file') return []
  const keychain = await keychainOf(id)
  const listed = await listedOrNothing(keychain, marker)
  if (listed.length === 0) return []
  files.ensurePrivateFolder(join(stateDir, STORE_FOLDERS.keychain))
  if (marker === undefined) writeMarker(stateDir, { id, store: 'keychain' }, clock.now(), files)
  const { missing } = await keychain.rebuild()
  return missing.map(key => `The keychain's index lists ${key}, and the keychain has no such item any more.`)
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
