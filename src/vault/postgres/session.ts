/**
 * What one run of the program is to the database: a connection that is opened when it is wanted, and anew after it was cut;
 * and what rested on each of them. A connection has a number, its `epoch`: a lock that was given in an earlier one is lost,
 * and nobody may present a token by it (`locks.ts`). Whatever is written is durable when its statement is answered.
 */
import { randomBytes } from 'node:crypto'
import { TokenctlError } from '../../errors.ts'
import type { Clock } from '../../platform/clock.ts'
import type { PostgresAddress } from './address.ts'
import { inTurn } from './batched.ts'
import { Connection, type Statement } from './connection.ts'
import { ENTER, type Entry, type MostSkew, refuseShut, refuseUnfit } from './entry.ts'
import { greet } from './greeting.ts'
import { WHERE } from './problem-table.ts'
import { GATE, migrateSchema, refuseNewerSchema, SCHEMA_VERSION, schemaVersion } from './schema.ts'
import {
  holdsAnything,
  KEY_OF_RECORDS,
  keyOfRecords,
  refuseStanding,
  sealedAnew,
  takeAlone,
  type VaultRow,
  vaultRow,
} from './standing.ts'

export interface SessionOptions {
  /** @throws {SETTINGS_INVALID} where the settings or the environment say nothing that can be used */
  readonly address: () => Promise<PostgresAddress>
  /** What the program calls itself to the database: `tokenctl renew`. */
  readonly by: string
  /** Whether what stands at the gate is the caller's own to judge: records that are not in use are read and written all the same. */
  readonly mayBeAway?: boolean
  /** How far the clocks may differ where records are written; absent: nobody asks. */
  readonly mostSkew?: MostSkew
}

interface Opened {
  readonly connection: Connection
  readonly epoch: number
  /** The number of the server's process that answers. */
  readonly backend: number
  readonly isReplica: boolean
  /** Undefined where there are no tables yet. */
  readonly vault: VaultRow | undefined
}

/** The rows of a statement, and what carried it. */
export interface Answered<Row> {
  readonly rows: readonly Row[]
  /** The number of the connection. */
  readonly epoch: number
  /** The server's process that is known to be behind it. What a statement says of `pg_backend_pid()` is the same. */
  readonly backend: number
}

export class Session {
  /** Tells this run's marks and claims from all others'. */
  readonly owner = randomBytes(8).toString('hex')
  /** The turns of statements that serve many calls. */
  readonly turns = inTurn()
  readonly #options: SessionOptions
  #opening: Promise<Opened> | undefined
  #epochs = 0
  #current: Opened | undefined
  /** The connection that has passed the gate, by its number. */
  #gateEpoch: number | undefined
  #entering: Promise<void> | undefined
  /** While it shuts all others out no other connection takes its place. */
  #only: Connection | undefined
  /** The key that was loaded for these records. */
  #ownKey: string | undefined
  #address: PostgresAddress | undefined

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** Where the database is, for messages. */
  get place(): string {
    return this.#address?.place ?? 'the database'
  }

  /** Where the database is. @throws {SETTINGS_INVALID} */
  async address(): Promise<PostgresAddress> {
    this.#address ??= await this.#options.address()
    return this.#address
  }

  /** The number of the connection that is open; undefined while none is. */
  get epoch(): number | undefined {
    return this.#current?.connection.isOpen === true ? this.#current.epoch : undefined
  }

  /**
   * The rows of a statement over the tables.
   *
   * @throws {VAULT_UNAVAILABLE} · {WRITE_FAILED}
   */
  async rows<Row extends object>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    return (await this.answered<Row>(statement, values)).rows
  }

  /**
   * The same, with the number of the connection that answered: another may have taken the place of the one before.
   *
   * @throws {VAULT_UNAVAILABLE} · {WRITE_FAILED}
   */
  async answered<Row extends object>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<Answered<Row>> {
    const { connection, vault, epoch, backend } = await this.opened()
    if (vault === undefined) throw noTables(this.place)
    return { rows: await connection.rows<Row>(statement, values), epoch, backend }
  }

  /**
   * As `rows`, of a statement that changes records: over a connection that has passed the gate, and no other.
   *
   * @throws {LOCK_HELD} · {VAULT_UNAVAILABLE} · {WRITE_FAILED}
   */
  async written<Row extends object>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    return (await this.gated<Row>(statement, values)).rows
  }

  /** The same, with the number of that connection. @throws {LOCK_HELD} · {VAULT_UNAVAILABLE} · {WRITE_FAILED} */
  async gated<Row extends object>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<Answered<Row>> {
    for (;;) {
      await this.passGate()
      const { connection, epoch, backend } = await this.opened()
      if (epoch === this.#gateEpoch)
        return { rows: await connection.rows<Row>(statement, values), epoch, backend }
    }
  }

  /**
   * The rows of several statements that are one transaction. Nobody else's come between them.
   *
   * @throws {VAULT_UNAVAILABLE} · {WRITE_FAILED}
   */
  async together(
    statements: readonly { readonly text: string; readonly values: readonly unknown[] }[],
  ): Promise<readonly (readonly object[])[]> {
    const { connection, vault } = await this.opened()
    if (vault === undefined) throw noTables(this.place)
    // Asked for all at once, so that they stand behind one another; after one that fails the server refuses the rest, and
    // its COMMIT rolls back.
    const [, ...results] = await Promise.allSettled([
      connection.rows({ text: 'BEGIN' }),
      ...statements.map(({ text, values }) => connection.rows({ text }, values)),
      connection.rows({ text: 'COMMIT' }),
    ])
    const failed = results.find(result => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return results.map(result => (result.status === 'fulfilled' ? result.value : []))
  }

  /** Whether there are tables, and records may be in them. @throws {VAULT_UNAVAILABLE} */
  async hasTables(): Promise<boolean> {
    return (await this.opened()).vault !== undefined
  }

  /** The id of the key that the records are sealed with; null before the first. @throws {VAULT_UNAVAILABLE} */
  async keyId(): Promise<string | null> {
    const { connection, vault } = await this.opened()
    return vault === undefined ? null : (vault.keyId ?? (await keyOfRecords(connection)))
  }

  /**
   * Makes this key the records' own, where they have none.
   *
   * @returns the id of the key that is theirs now: another machine may have been first.
   */
  async claimKey(id: string): Promise<string> {
    const rows = await this.rows<{ key_id: string }>(
      { text: `UPDATE tokenctl.vault SET key_id = coalesce(key_id, ${KEY_OF_RECORDS}, $1) RETURNING key_id` },
      [id],
    )
    await this.lookAgain()
    return rows[0]?.key_id ?? id
  }

  /** From here on records that are sealed under another key than this one are somebody else's. */
  keepTo(keyId: string): void {
    this.#ownKey = keyId
  }

  /** Makes the tables where there are none. @throws {VAULT_UNAVAILABLE} · {WRITE_FAILED} · {LOCK_HELD} */
  async makeTables(): Promise<void> {
    const { connection, vault } = await this.opened()
    if (vault !== undefined) return
    await migrateSchema(connection, this.#options.by, this.place)
    await this.#look(connection)
  }

  /** Whether there is nothing in the tables, be they in use or not. @throws {VAULT_UNAVAILABLE} */
  async isEmpty(): Promise<boolean> {
    const { connection, vault } = await this.#reach()
    return vault === undefined || !(await holdsAnything(connection))
  }

  /** What the vault's row says, whether the records are in use or not; undefined where there are no tables. @throws {VAULT_UNAVAILABLE} */
  async vault(): Promise<VaultRow | undefined> {
    return (await this.#reach()).vault
  }

  /** @throws {WRITE_FAILED} where nothing can be written: a replica, or a cut connection that does not come back */
  async prove(): Promise<void> {
    const { connection, isReplica, vault } = await this.opened()
    if (isReplica) {
      const [now] = await connection.rows<{ is: boolean }>({ text: 'SELECT pg_is_in_recovery() AS is' })
      if (now?.is !== false) throw readOnly(this.place)
      // It was promoted under this connection, which is made anew as to any other server.
      await connection.close()
      return await this.prove()
    }
    if (vault === undefined) throw noTables(this.place)
  }

  /**
   * Passes the gate: from here on nobody changes the tables or moves the records away, until the connection is closed.
   *
   * @throws {LOCK_HELD} while somebody does · {VAULT_UNAVAILABLE} · {RECORD_UNREADABLE} once somebody did · {CLOCK_WRONG}
   */
  async passGate(): Promise<void> {
    await this.prove()
    if (this.#gateEpoch !== undefined && this.#gateEpoch === this.epoch) return
    this.#entering ??= this.#enter().finally(() => {
      this.#entering = undefined
    })
    await this.#entering
  }

  async #enter(): Promise<void> {
    const { mostSkew } = this.#options
    // Opening a connection is no part of the way there and back.
    await this.opened()
    const asked = mostSkew?.now()
    const { rows, epoch } = await this.answered<Entry>({ text: ENTER })
    const between = mostSkew && asked !== undefined ? ([asked, mostSkew.now()] as const) : undefined
    const entry = rows[0] ?? { is_in: false, may_store: false, encoding: '', at: 0 }
    refuseShut(entry, this.place)
    try {
      refuseUnfit(entry, between, mostSkew?.ms ?? 0, this.place)
      // Whoever was here and went left word: what was seen when the connection was made may be past.
      await this.lookAgain()
      const { connection } = await this.opened()
      refuseNewerSchema(await schemaVersion(connection), this.place)
    } catch (error) {
      // Whoever tries again and again must not keep the next mover out.
      await this.#current?.connection
        .rows({ text: `SELECT pg_advisory_unlock_shared(${GATE})` })
        .catch(() => undefined)
      throw error
    }
    this.#gateEpoch = epoch
  }

  /**
   * Runs work while nobody else, on any machine, has passed the gate. All that the work says goes over the connection that
   * shuts them out; when that is cut, the work can say nothing more.
   *
   * @throws {LOCK_HELD} while others are at work
   */
  async alone<T>(work: () => Promise<T>, clock: Pick<Clock, 'sleep'>): Promise<T> {
    await this.prove()
    const { connection } = await this.opened()
    await takeAlone(connection, this.place, clock)
    this.#only = connection
    try {
      await this.lookAgain()
      return await work()
    } finally {
      this.#only = undefined
      // A connection that is gone has let go of it.
      await connection.rows({ text: `SELECT pg_advisory_unlock(${GATE})` }).catch(() => undefined)
    }
  }

  /** Reads the vault's row anew. @throws {VAULT_UNAVAILABLE} */
  async lookAgain(): Promise<void> {
    const current = await this.#reach()
    if (current.vault === undefined) return
    this.#current = { ...current, vault: await vaultRow(current.connection) }
    this.#opening = Promise.resolve(this.#current)
  }

  /**
   * The connection that is open, or a new one, to records that are in use.
   *
   * @throws {VAULT_UNAVAILABLE} also where they are not · {RECORD_UNREADABLE} when they are under another key by now · {SETTINGS_INVALID}
   */
  async opened(): Promise<Opened> {
    // Who tries again and again finds them where they have come back meanwhile.
    if (!this.#isForUse(await this.#reach())) await this.lookAgain()
    const opened = await this.#reach()
    const { vault } = opened
    if (vault === undefined) return opened
    if (!this.#isForUse(opened)) refuseStanding(vault, this.place)
    if (this.#ownKey !== undefined && vault.keyId !== null && vault.keyId !== this.#ownKey)
      throw sealedAnew(this.place, vault.keyId, this.#ownKey)
    return opened
  }

  #isForUse({ vault }: Opened): boolean {
    return vault?.isInUse !== false || this.#options.mayBeAway === true
  }

  async #reach(): Promise<Opened> {
    if (this.#current !== undefined && !this.#current.connection.isOpen) {
      if (this.#only !== undefined) throw cutAlone(this.place)
      this.#current = undefined
      this.#opening = undefined
    }
    this.#opening ??= this.#open().catch(error => {
      this.#opening = undefined
      throw error
    })
    return await this.#opening
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    const opening = this.#opening
    this.#opening = undefined
    this.#current = undefined
    // One that could not be opened was reported where it was needed, and holds nothing.
    await (await opening?.catch(() => undefined))?.connection.close()
  }

  async #open(): Promise<Opened> {
    const connection = await Connection.open(await this.address(), `tokenctl ${this.#options.by}`)
    try {
      return await this.#look(connection)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /** What there is, seen over a connection that has just been made. */
  async #look(connection: Connection): Promise<Opened> {
    const isNew = this.#current?.connection !== connection
    const { backend, isReplica } = await greet(connection, this.place, isNew)
    const version = await schemaVersion(connection)
    refuseNewerSchema(version, this.place)
    if (version > 0 && version < SCHEMA_VERSION && !isReplica)
      await migrateSchema(connection, this.#options.by, this.place)
    const vault = version === 0 ? undefined : await vaultRow(connection)
    this.#epochs += 1
    this.#current = { connection, epoch: this.#epochs, backend, isReplica, vault }
    this.#opening = Promise.resolve(this.#current)
    return this.#current
  }
}

/** The error for a database that has not been written to. */
export function noTables(place: string): TokenctlError {
  return new TokenctlError('VAULT_UNAVAILABLE', `There are no tables of tokenctl at ${place}.`, {
    fix: `Records were stored from here before: look whether it is the right database. ${WHERE} If its tables were lost, restore them from a backup; only to begin anew, remove \`vault.json\` from the state folder (\`tokenctl doctor\` names that).`,
  })
}

function readOnly(place: string): TokenctlError {
  return new TokenctlError('WRITE_FAILED', `${place} is a read-only replica.`, {
    fix: 'Nothing was asked or changed. `tokenctl status` works there; give everything else the address of the primary.',
  })
}

function cutAlone(place: string): TokenctlError {
  return new TokenctlError(
    'WRITE_FAILED',
    `The connection to ${place} was cut, and others can get at the records again.`,
    { fix: 'It was ended there. Run the same command again, which finishes it.' },
  )
}
