/** Makes the stores that the door opens, each with its parts; loaded only for the one that is used. */
import { join } from 'node:path'
import { TokenctlError } from '../errors.ts'
import type { KeySourceKind, LocalStoreName, StoreName } from './choices.ts'
import { MOST_SKEW_MS } from './fleet.ts'
import { KEY_BYTES } from './key.ts'
import { chooseKeySource, fileSource, type KeyItem, type KeySource } from './key-source.ts'
import type { KeychainStore } from './keychain.ts'
import type { KeychainItems } from './keychain-items.ts'
import { readMarker } from './marker.ts'
import type { VaultDoorOptions } from './open.ts'
import type { PostgresStore } from './postgres/store.ts'
import type { SecretStore } from './secret-store.ts'

/** Where each store of one machine keeps its files in the state folder. */
export const STORE_FOLDERS: Readonly<Record<LocalStoreName, string>> = {
  file: 'records',
  keychain: 'headers',
}

/** Makes the folder that a store of this machine keeps its files in; nothing for that of many machines. */
export function ensureStoreFolder(store: StoreName, { stateDir, files }: VaultDoorOptions): void {
  if (store !== 'postgres') files.ensurePrivateFolder(join(stateDir, STORE_FOLDERS[store]))
}

/** The journal's, of either store of this machine. */
export const JOURNAL_FOLDER = 'journal'

async function itemsOf(id: string, options: VaultDoorOptions): Promise<KeychainItems> {
  const { KeychainItems } = await import('./keychain-items.ts')
  return new KeychainItems({ vaultId: id, ...options })
}

/** The keychain store of a vault. */
export async function openKeychainStore(id: string, options: VaultDoorOptions): Promise<KeychainStore> {
  const { KeychainStore } = await import('./keychain.ts')
  return new KeychainStore({
    folder: join(options.stateDir, STORE_FOLDERS.keychain),
    files: options.files,
    items: await itemsOf(id, options),
    journalFolder: join(options.stateDir, JOURNAL_FOLDER),
    lock: (name, work) => options.userLocks(id).hold(name, work),
  })
}

/** Where the key comes from that settings and environment name; nothing is asked before the first use. */
export function openKeySource(
  id: string,
  options: VaultDoorOptions,
): { readonly source: () => KeySource; readonly close: () => Promise<void> } {
  const { settings, env, files, askPassphrase } = options
  let items: KeychainItems | undefined
  const keyItem = async (): Promise<KeyItem> => {
    items ??= await itemsOf(id, options)
    const opened = items
    return {
      get: () => opened.get('file-key'),
      set: bytes => opened.set('file-key', bytes),
    }
  }
  return {
    source: () =>
      chooseKeySource({
        kind: (settings.keySource ?? 'file') as KeySourceKind,
        keyFile: settings.keyFile ?? options.defaultKeyFile,
        env,
        files,
        askPassphrase,
        keyItem,
      }),
    close: async () => await items?.close(),
  }
}

/** Where a key is that records are sealed with anew: a file, under a passphrase where the old one is. */
export function newKeySource(path: string, { settings, files, askPassphrase }: VaultDoorOptions): KeySource {
  const kind = settings.keySource === 'passphrase' ? 'passphrase' : 'file'
  return fileSource({ kind, files, askPassphrase }, path)
}

/** The sealed folder of a vault. */
export async function openFileStore(id: string, options: VaultDoorOptions): Promise<SecretStore> {
  const { createFileStore } = await import('./file.ts')
  const { source, close } = openKeySource(id, options)
  return createFileStore({
    folder: join(options.stateDir, STORE_FOLDERS.file),
    files: options.files,
    keySource: source,
    nextKey: async () => {
      const path = readMarker(options.stateDir, options.files)?.sealing?.keyFile
      return path === undefined ? undefined : await newKeySource(path, options).read()
    },
    journalFolder: join(options.stateDir, JOURNAL_FOLDER),
    lock: (name, work) => options.locks.hold(name, work),
    close,
  })
}

/**
 * The records of a fleet. No connection is made before it is used.
 *
 * @param how `mayBeAway`: for whoever moves records, to whom it is no error that they are not in use there.
 */
export async function openPostgresStore(
  id: string,
  options: VaultDoorOptions,
  how: { readonly mayBeAway?: boolean } = {},
): Promise<PostgresStore> {
  const { PostgresStore } = await import('./postgres/store.ts')
  const { clock, by, postgres } = options
  if (postgres === undefined) throw new TokenctlError('BUG', 'Nothing says where the database could be.')
  const { source, close } = openKeySource(id, options)
  const { address, sleep } = postgres
  const mostSkew = { ms: MOST_SKEW_MS, now: () => clock.now() }
  return new PostgresStore({
    by,
    address,
    clock: { ...clock, sleep },
    keySource: source,
    close,
    mostSkew,
    ...how,
  })
}

/** The store of this name of a vault, for whoever moves its records. Its folder need not be there before it is used. */
export async function openStore(
  name: StoreName,
  id: string,
  options: VaultDoorOptions,
): Promise<SecretStore> {
  if (name === 'postgres') return await openPostgresStore(id, options, { mayBeAway: true })
  return name === 'keychain' ? await openKeychainStore(id, options) : await openFileStore(id, options)
}

/**
 * Proves by doing that the keychain keeps things: writes an item, reads it, removes it. What a desktop is called says
 * nothing about that.
 *
 * @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED}
 */
export async function probeKeychain(id: string, options: VaultDoorOptions): Promise<void> {
  const items = await itemsOf(id, options)
  try {
    const { randomBytes } = await import('node:crypto')
    const bytes = randomBytes(KEY_BYTES)
    await items.set('probe', bytes)
    const back = await items.get('probe')
    await items.delete('probe')
    if (back === undefined || !back.equals(bytes))
      throw new TokenctlError('VAULT_UNAVAILABLE', 'The keychain takes items and does not give them back.')
  } finally {
    await items.close()
  }
}
