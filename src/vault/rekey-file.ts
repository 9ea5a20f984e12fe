/**
 * The records of the file store under a new key, in this order, which loses nothing wherever it is cut off:
 *
 * 1. Every record is opened. One that cannot be ends it before anything is written.
 * 2. The mark names the new key's file. From here on nobody gets a lock (`gate.ts`) and every reader opens what is under the
 *    one key and what is under the other, by the id in each record's first line.
 * 3. Links that were sent are sealed a second time; each record is replaced by itself under the new key, whole or not at all.
 * 4. Every record is opened with the new key alone. Then the setting names it, and the mark says nothing of it any more.
 */
import { join } from 'node:path'
import { AskedConsents } from './asked-consents.ts'
import { proveReadable } from './carry.ts'
import { seal } from './envelope.ts'
import { createFileStore } from './file.ts'
import { headerUnder } from './header-under.ts'
import type { KeySource, VaultKey } from './key-source.ts'
import { type Marker, newMarker, writeMarker } from './marker.ts'
import { refuseStopped, refuseWaiting } from './migrate.ts'
import type { VaultDoorOptions } from './open.ts'
import { JOURNAL_FOLDER, openFileStore, STORE_FOLDERS } from './open-store.ts'
import { fileKey, fileName, MAX_FILE_BYTES, readHead, SEALED, writeHead } from './record-file.ts'
import { keyOf, type Rekeyed, type RekeyHooks } from './rekey.ts'
import type { SecretStore } from './secret-store.ts'
import { listedKeys } from './store-keys.ts'

interface Rekeying {
  readonly marker: Marker
  /** Where the new key is, or is to be made. */
  readonly source: KeySource
  readonly keyFile: string
}

/** @throws as `rekey` */
export async function rekeyFiles(
  { marker, source, keyFile }: Rekeying,
  options: VaultDoorOptions,
  hooks: RekeyHooks,
): Promise<Rekeyed> {
  const { stateDir, files, clock } = options
  const store = await openFileStore(marker.id, options)
  try {
    const from = await store.sealKey()
    refuseWaiting(await store.journal.keys())
    const keys = await listedKeys(store)
    for (const key of keys) await proveReadable(key, store)
    const to = await keyOf(source)
    const facts = { store: 'file', keyId: to.id, before: from.id === to.id ? null : from.id } as const
    if (to.id === from.id && marker.sealing === undefined) {
      await hooks.whenSealed()
      return { ...facts, outcome: 'already', count: 0, unreadableLinks: [] }
    }
    const sealing = { keyFile, keyId: to.id }
    if (marker.sealing === undefined) writeMarker(stateDir, { ...marker, sealing }, files)
    const unreadableLinks = await new AskedConsents(store).sealAlsoFor({ sealKey: async () => to })
    await resealEach(store, to, options, hooks)
    const next = storeUnder(source, options)
    for (const key of keys) await proveReadable(key, next)
    await hooks.whenSealed()
    await new AskedConsents(next).dropOtherSealings()
    const { sealing: _, ...rest } = marker
    // A run that opened the records before has the old key in its hand: to it this is another stay of theirs.
    writeMarker(stateDir, newMarker(rest, clock.now(), marker), files)
    return { ...facts, outcome: 'sealed', count: keys.length, unreadableLinks }
  } finally {
    await store.close()
  }
}

/** Parts of records too, each by itself: which key opens a file stands in its own first line. */
async function resealEach(
  store: SecretStore,
  to: VaultKey,
  { stateDir, files }: VaultDoorOptions,
  hooks: RekeyHooks,
): Promise<void> {
  const folder = join(stateDir, STORE_FOLDERS.file)
  const keys = (files.list(folder) ?? []).flatMap(name => fileKey(name, SEALED) ?? [])
  for (const [at, key] of keys.entries()) {
    refuseStopped(hooks)
    const path = join(folder, fileName(key, SEALED))
    const line = files.readPrivate(path, { firstLine: true, maxBytes: MAX_FILE_BYTES })
    const keyId = line && readHead(SEALED, path, key, line.toString('utf8')).keyId
    const record = keyId === to.id ? undefined : await store.get(key)
    if (record !== undefined) {
      const { body, perishable } = record
      const header = await headerUnder(to, key, record, store)
      const head = writeHead(SEALED, key, { keyId: to.id, header })
      const sealed = await seal(to.bytes, head, JSON.stringify({ body, perishable }))
      files.writeDurably(path, `${head}\n${sealed}\n`)
    }
    hooks.onRecord?.(at + 1, keys.length)
  }
}

/** The same records, opened with the new key and no other. */
function storeUnder(source: KeySource, { stateDir, files, locks }: VaultDoorOptions): SecretStore {
  return createFileStore({
    folder: join(stateDir, STORE_FOLDERS.file),
    journalFolder: join(stateDir, JOURNAL_FOLDER),
    files,
    keySource: () => source,
    lock: (name, work) => locks.hold(name, work),
  })
}
