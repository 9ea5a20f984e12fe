/**
 * The store of a fleet: records in PostgreSQL, for as many machines as there are. A row is what a file of the file store is,
 * its header in the clear on the line that its body is sealed to; what is sealed was sealed here, before it left the process.
 * It never writes over or removes what it cannot open (I5).
 */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Fleet } from '../fleet.ts'
import type { HeaderQuery } from '../header-query.ts'
import { held } from '../held.ts'
import type { JournalStore } from '../journal-store.ts'
import { keyedFingerprint } from '../key.ts'
import type { KeySource, VaultKey } from '../key-source.ts'
import { isPart, readHead, SEALED, writeHead } from '../record-file.ts'
import { MAX_RECORD_BYTES, refuseTooLong } from '../record-size.ts'
import { accountKey } from '../records.ts'
import type { HeaderEntry, LockManner, SecretRecord, SecretStore } from '../secret-store.ts'
import type { SharedGate } from '../shared-gate.ts'
import { revisionOf } from './columns.ts'
import { createFleet } from './fleet.ts'
import { headerPages } from './header-pages.ts'
import { JournalTable } from './journal-table.ts'
import { AdvisoryLocks } from './locks.ts'
import { type NewRow, RecordTable, type StoredRow } from './record-table.ts'
import { Session, type SessionOptions } from './session.ts'
import { createSharedGate } from './shared-gate.ts'
import { hex } from './standing.ts'

export interface PostgresStoreOptions extends SessionOptions {
  readonly keySource: () => KeySource
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  /** Lets go of what the key source holds. */
  readonly close?: () => Promise<void>
}

export class PostgresStore implements SecretStore {
  readonly kind = 'postgres'
  readonly maxValueBytes = MAX_RECORD_BYTES
  readonly journal: JournalTable
  readonly asked: JournalStore
  readonly fleet: Fleet
  readonly gate: SharedGate
  readonly session: Session
  readonly #locks: AdvisoryLocks
  readonly #records: RecordTable
  readonly #keySource: () => KeySource
  readonly #close: () => Promise<void>
  /** Records of apps, as they were opened last. */
  readonly #apps = new Map<string, { readonly row: StoredRow; readonly record: SecretRecord }>()
  #source: KeySource | undefined
  readonly #vaultKey = held(() => this.#loadKey())

  constructor({ keySource, clock, close, ...session }: PostgresStoreOptions) {
    this.session = new Session(session)
    this.#locks = new AdvisoryLocks(this.session, clock)
    this.#records = new RecordTable(this.session)
    const now = () => clock.now()
    this.journal = new JournalTable('journal', this.session, this.#locks, now)
    this.asked = new JournalTable('asked', this.session, this.#locks, now)
    this.fleet = createFleet(this.session, clock)
    this.gate = createSharedGate(this.session, clock)
    this.#keySource = keySource
    this.#close = close ?? (async () => {})
  }

  /** Makes the tables where there are none: before the first record. @throws {VAULT_UNAVAILABLE} · {WRITE_FAILED} · {LOCK_HELD} */
  async makeTables(): Promise<void> {
    await this.session.makeTables()
  }

  /** Whether there is one record in use, of whatever kind. @throws {VAULT_UNAVAILABLE} */
  async hasRecords(): Promise<boolean> {
    if ((await this.session.vault())?.isInUse !== true) return false
    return (await this.#records.any()) !== undefined
  }

  async headers(): Promise<readonly HeaderEntry[]> {
    const all: HeaderEntry[] = []
    for await (const page of this.pages({})) all.push(...page)
    return all
  }

  pages(query: HeaderQuery): AsyncIterable<readonly HeaderEntry[]> {
    return headerPages(query, this.session)
  }

  async sharing(keys: readonly string[]): Promise<readonly (readonly [key: string, other: string])[]> {
    return keys.length === 0 ? [] : await this.#records.sharing(keys)
  }

  async get(key: string): Promise<SecretRecord | undefined> {
    const row = await this.#records.get(key)
    if (row === undefined || !key.startsWith('app/')) return row && (await this.#opened(row))
    // The keys of a thousand accounts: what is sealed is opened anew only where it is another text.
    const known = this.#apps.get(key)
    if (known?.row.sealed === row.sealed && known.row.head === row.head) return known.record
    const record = await this.#opened(row)
    this.#apps.set(key, { row, record })
    return record
  }

  async put(key: string, record: SecretRecord): Promise<void> {
    refuseTooLong(key, record, this.maxValueBytes)
    // Opened for one reason: what cannot be read is not written over.
    await this.get(key)
    await this.#records.put(await this.#sealed(key, record))
  }

  async replace(key: string, record: SecretRecord, after: number | null): Promise<boolean> {
    refuseTooLong(key, record, this.maxValueBytes)
    const row = await this.#sealed(key, record)
    return after === null ? await this.#records.add(row) : await this.#records.replace({ ...row, after })
  }

  async delete(key: string): Promise<boolean> {
    if ((await this.get(key)) === undefined) return false
    return await this.#records.remove(key)
  }

  async sealKey(): Promise<VaultKey> {
    return await this.#vaultKey()
  }

  async prove(): Promise<void> {
    await this.session.prove()
  }

  async lock<T>(name: string, work: () => Promise<T>, how?: LockManner): Promise<T> {
    return await this.#locks.hold(name, work, how)
  }

  async holds(name: string): Promise<boolean> {
    if (this.#locks.hasLost(name)) return false
    try {
      // While that was asked the connection may have been cut.
      return (await this.journal.keepsOthersOut(accountKey(name))) && !this.#locks.hasLost(name)
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      return false
    }
  }

  async fingerprint(text: string): Promise<string> {
    return await keyedFingerprint((await this.#vaultKey()).bytes, text)
  }

  warnings(): readonly string[] {
    const source = this.#keyPlace()
    // Without a look at the database: whether records wait for it is known once one was opened.
    return source.isMissing() ? [`The fleet's key is not on this machine: ${source.place}.`] : []
  }

  async close(): Promise<void> {
    await this.session.close()
    await this.#close()
  }

  async #sealed(key: string, { header, body, perishable }: SecretRecord): Promise<NewRow> {
    const vaultKey = await this.#vaultKey()
    const head = writeHead(SEALED, key, { keyId: vaultKey.id, header })
    const { seal } = await import('../envelope.ts')
    const sealed = await seal(vaultKey.bytes, head, JSON.stringify({ body, perishable }))
    // A part is never listed, whatever its header says.
    return { key, head, sealed, keyId: vaultKey.id, header: isPart(key) ? {} : header }
  }

  async #opened({ key, head, sealed, revision }: StoredRow): Promise<SecretRecord> {
    const { header, keyId } = readHead(SEALED, this.#rowOf(key), key, head)
    // It would be replaced by that column: what a marketplace answered could never be stored.
    if (!isPart(key) && revision !== String(revisionOf(header)))
      throw new TokenctlError(
        'RECORD_UNREADABLE',
        `${this.#rowOf(key)} has another revision than its head.`,
        {
          fix: `Somebody changed its columns. Restore it from a backup, or set its \`revision\` to ${revisionOf(header)} there. Nobody was asked.`,
        },
      )
    const vaultKey = await this.#vaultKey()
    if (keyId !== vaultKey.id) throw this.#otherKey(vaultKey.id, keyId)
    const { open } = await import('../envelope.ts')
    const text = await open(vaultKey.bytes, head, sealed)
    if (text === undefined)
      throw new TokenctlError('RECORD_UNREADABLE', `${this.#rowOf(key)} was changed after it was written.`, {
        fix: 'Restore it from a backup. Nothing was changed.',
      })
    const { body, perishable } = JSON.parse(text) as Pick<SecretRecord, 'body' | 'perishable'>
    return { header, body, perishable }
  }

  #rowOf(key: string): string {
    return `The row ${key} of tokenctl.record at ${this.session.place}`
  }

  #keyPlace(): KeySource {
    this.#source ??= this.#keySource()
    return this.#source
  }

  /** The fleet's key: the one that the records name, or the first. No vault is ever split between two. */
  async #loadKey(): Promise<VaultKey> {
    const source = this.#keyPlace()
    const theirs = await this.session.keyId()
    const found = await source.read()
    if (found === undefined && theirs !== null)
      throw new TokenctlError(
        'VAULT_UNAVAILABLE',
        `The fleet's key is not on this machine: ${source.place}.`,
        {
          fix: `Copy the key ${theirs} there, mode 600, or name it: \`tokenctl config set key-file PATH\`. No new key is made while there are records.`,
        },
      )
    const key = found ?? (await source.create())
    const keyId = theirs ?? (await this.session.claimKey(key.id))
    if (keyId !== key.id) throw this.#otherKey(key.id, keyId)
    this.session.keepTo(key.id)
    return key
  }

  #otherKey(here: string, theirs: string | null): TokenctlError {
    const { place } = this.#keyPlace()
    return new TokenctlError(
      'RECORD_UNREADABLE',
      `The records at ${this.session.place} are sealed with the key ${hex(theirs)}, and ${place} is the key ${here}.`,
      {
        fix: "Nothing was changed. Give this machine the fleet's own key: `tokenctl config set key-file PATH`, or the variable TOKENCTL_KEY_FILE where that is set.",
      },
    )
  }
}
