/**
 * One record from one store to another: its header and its body as they are, to the byte, with its revision; only the
 * fingerprint is made anew, since its key is the store's own. What was written is read back through a vault and compared
 * with what a vault reads at the source. Nothing is removed at the source, and nothing that cannot be read is written over.
 * Whoever calls has shut out everybody else who could write to either store.
 */
import { TokenctlError } from '../errors.ts'
import { writeChannelHeader } from './channel-header.ts'
import { readParts, removeParts, writeParts } from './parts.ts'
import { readAccountSecrets, writeAccountSecrets, writeAppSecrets } from './record-secrets.ts'
import { keySubject, readAccountHeader, writeAccountHeader, writeAppHeader } from './records.ts'
import { sameRecord } from './save-checks.ts'
import type { SecretRecord, SecretStore } from './secret-store.ts'
import { Vault } from './vault.ts'

/** Writes a record of one store into the other, unless it is there just so, and proves that it reads the same. */
export async function carry(key: string, from: SecretStore, to: SecretStore): Promise<void> {
  const words = await wordsOf(key, new Vault(from))
  const record = words === undefined ? undefined : await whole(key, from)
  if (words === undefined || record === undefined) throw gone(key)
  const { revision } = words
  const next = await forStore(key, record, to)
  if (await isGone(key, to)) await to.delete(key)
  const there = await whole(key, to)
  if (there === undefined || !sameRecord(there, next)) {
    // Copies of an earlier try, which nobody uses: their parts may have the names of those to come.
    if (there !== undefined) await removeWhole(key, to)
    const body = await writeParts(to, key, revision, next.header, next.body)
    await to.put(key, { ...next, body })
  }
  const back = await wordsOf(key, new Vault(to))
  if (back === undefined || back.text !== words.text || back.revision !== revision)
    throw new TokenctlError('WRITE_FAILED', `${keySubject(key)} did not read back as it was written.`, {
      account: keySubject(key),
      fix: 'Nothing was removed, and the store in use is the same as before. Run it again; the new store may be failing.',
    })
}

/** Opens a record and checks its shape. @throws {RECORD_UNREADABLE} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE} */
export async function proveReadable(key: string, store: SecretStore): Promise<void> {
  if ((await wordsOf(key, new Vault(store))) === undefined) throw gone(key)
}

/** Removes a record with its parts; nothing when there is none. Its parts first, so that one that is cut off is found again. */
export async function removeWhole(key: string, store: SecretStore): Promise<void> {
  const there = (await isGone(key, store)) ? undefined : await store.get(key)
  if (there !== undefined) await removeParts(store, key, there.body)
  await store.delete(key)
}

/** Whether another program took the secret of a record away. */
async function isGone(key: string, store: SecretStore): Promise<boolean> {
  return (await store.isGone?.(key)) === true
}

/** The record as another store is to hold it. */
async function forStore(key: string, record: SecretRecord, store: SecretStore): Promise<SecretRecord> {
  if (!key.startsWith('account/')) return record
  const { header, revision } = readAccountHeader(key, record.header)
  const { refreshToken } = readAccountSecrets(key, record.body, record.perishable)
  const fingerprint = refreshToken === null ? null : await store.fingerprint(refreshToken.reveal())
  return { ...record, header: writeAccountHeader({ ...header, fingerprint }, revision) }
}

/** A record with its body put together; undefined when there is none, or a part of it is missing. */
async function whole(key: string, store: SecretStore): Promise<SecretRecord | undefined> {
  const record = await store.get(key)
  const body = record && (await readParts(store, key, record.body))
  return record === undefined || body === undefined ? undefined : { ...record, body }
}

/** All that a vault reads of a record, but for the fingerprint, as one text; undefined when there is none. */
async function wordsOf(
  key: string,
  vault: Vault,
): Promise<{ readonly text: string; readonly revision: number } | undefined> {
  const [marketplace = '', name = ''] = keySubject(key).split(':')
  if (key.startsWith('account/')) {
    const stored = await vault.account({ marketplace, name })
    if (stored === undefined) return undefined
    const header = writeAccountHeader({ ...stored.header, fingerprint: null }, stored.revision)
    return {
      text: JSON.stringify([header, writeAccountSecrets(stored.secrets)]),
      revision: stored.revision,
    }
  }
  if (key.startsWith('channel/')) {
    const stored = await (await vault.channels()).get(name)
    if (stored === undefined) return undefined
    const header = writeChannelHeader(stored.header, stored.revision)
    return { text: JSON.stringify([header, stored.secret?.reveal() ?? null]), revision: stored.revision }
  }
  const stored = await vault.app(marketplace, name)
  if (stored === undefined) return undefined
  const header = writeAppHeader(stored.header, stored.revision)
  return { text: JSON.stringify([header, writeAppSecrets(stored)]), revision: stored.revision }
}

function gone(key: string): TokenctlError {
  return new TokenctlError('RECORD_UNREADABLE', `The record ${key} is listed, and it is not there.`)
}
