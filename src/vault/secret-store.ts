/**
 * The seam to a place that keeps secrets. A driver is small and dumb: it knows keys, headers and strings, and
 * nothing of tokens. Everything rich (revisions, splitting, checks of shape) stands once, in `vault.ts` above it.
 */
import type { TokenctlError } from '../errors.ts'
import type { Fleet } from './fleet.ts'
import type { HeaderQuery } from './header-query.ts'
import type { JournalStore } from './journal-store.ts'
import type { VaultKey } from './key-source.ts'
import type { SharedGate } from './shared-gate.ts'

export const STORE_KINDS = ['keychain', 'file', 'postgres', 'memory'] as const
export type StoreKind = (typeof STORE_KINDS)[number]

/** JSON that is no secret. */
export type HeaderJson = Readonly<Record<string, unknown>>

export interface SecretRecord {
  /** Bound to the body: a driver notices a header edited by hand, or one moved to another key, when it opens it. */
  readonly header: HeaderJson
  /** What must never be lost. */
  readonly body: string
  /** What can be had again (the access token), for drivers that keep it apart. Null: none. */
  readonly perishable: string | null
}

/** A header read without opening anything; `problem` stands in for one that cannot be read. */
export type HeaderEntry =
  | { readonly key: string; readonly header: HeaderJson }
  | { readonly key: string; readonly problem: TokenctlError }

export interface LockManner {
  /** How long to wait for another, in milliseconds; absent: as long as a renewal may take. */
  readonly waitMs?: number
}

/** What bringing a list and the headers together came to. */
export interface Rebuilt {
  /** Keys whose header files were written anew. */
  readonly restored: readonly string[]
  /** Keys that the list has and the store has not. */
  readonly missing: readonly string[]
  /** Why items could not be read whose header files are gone or damaged; whole sentences. */
  readonly unreadable: readonly string[]
}

/**
 * Keys are `account/ebay:main`, `app/ebay:default` and `channel/notice:pager`, and parts of what a store cannot hold in one item:
 * `account/ebay:main#7.0`. A record whose header is empty (`{}`) is such a part: stored, never listed.
 *
 * Every call may throw VAULT_UNAVAILABLE, VAULT_LOCKED, RECORD_UNREADABLE or WRITE_FAILED, and no other code.
 */
export interface SecretStore {
  /** One of ours, or the word of somebody else's. */
  readonly kind: StoreKind | (string & {})
  /** The longest body, in UTF-8 bytes with its header's JSON, that one `put` takes; longer ones are split above. */
  readonly maxValueBytes: number
  /** Every header, in key order. Opens no body, asks nobody for anything. */
  headers(): Promise<readonly HeaderEntry[]>
  /**
   * The headers that a query means, a page at a time, in key order; where a store can choose among them itself. Reading
   * the next page is when it is asked for, so that no more than one page need be held.
   */
  pages?(query: HeaderQuery): AsyncIterable<readonly HeaderEntry[]>
  /** Which of these accounts have the fingerprint of another, by key, each with the other's; where a store is asked by pages. */
  sharing?(keys: readonly string[]): Promise<readonly (readonly [key: string, other: string])[]>
  /** Opens one record; undefined when there is none. */
  get(key: string): Promise<SecretRecord | undefined>
  /**
   * Writes one record whole: after it returns the record is durable, after a crash it is the old or the new one.
   * Refuses (RECORD_UNREADABLE) to write over what it cannot read.
   */
  put(key: string, record: SecretRecord): Promise<void>
  /**
   * As `put`, in one step over the record of this revision (null: there must be none), whose caller has opened it; where a
   * store can compare while it writes. False when another revision stands there, and nothing was written then.
   */
  replace?(key: string, record: SecretRecord, after: number | null): Promise<boolean>
  /** Removes one record; false when there was none. Refuses (RECORD_UNREADABLE) what it cannot read. */
  delete(key: string): Promise<boolean>
  /** Whether only the header is left of a record whose body another program certainly took away. */
  isGone?(key: string): Promise<boolean>
  /** The keys of a list that the store keeps apart from its headers; undefined when there is none. */
  listed?(): Promise<readonly string[] | undefined>
  /** Brings that list and the headers together again. */
  rebuild?(): Promise<Rebuilt>
  /** Takes out what is no record and remains when the last one was removed, but for the store's own key. */
  forget?(): Promise<void>
  /** What a person should know and no call failed over; whole sentences. */
  warnings?(): readonly string[]
  /** Where what is on its way is kept. */
  readonly journal: JournalStore
  /** Where consents that were asked for by a link are kept until their answer comes. */
  readonly asked: JournalStore
  /** The key that both are sealed under, from memory after the first call. */
  sealKey(): Promise<VaultKey>
  /** Proves by doing that it can be written now. */
  prove(): Promise<void>
  /**
   * Shuts out every other process that uses this store, wherever it runs from, while work runs.
   *
   * @throws {LOCK_HELD} when another kept it for longer than the wait
   */
  lock<T>(name: string, work: () => Promise<T>, how?: LockManner): Promise<T>
  /** Whether a lock is still held that was given; false when what held it was cut. Absent: it cannot be lost. */
  holds?(name: string): Promise<boolean>
  /** What many machines share besides records; where a store is of many machines. */
  readonly fleet?: Fleet
  /** What shuts out all of these machines while its records are moved; where a store is of many. */
  readonly gate?: SharedGate
  /** A digest under a key of this store: equal for equal text, and of no use outside. 16 hex digits. */
  fingerprint(text: string): Promise<string>
  /** Lets go of whatever it holds (a helper process). Safe to call twice. */
  close(): Promise<void>
}
