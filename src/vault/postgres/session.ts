/**
 * What one run of the program is to the database: a connection that is opened when it is wanted, and anew after it was cut;
 * and what rested on each of them. A connection has a number, its `epoch`: a lock that was given in an earlier one is lost,
 * and nobody may present a token by it (`locks.ts`). Whatever is written is durable when its statement is answered.
 */
import { randomBytes } from 'node:crypto'
import { TokenctlError } from '../../errors.ts'
import type { PostgresAddress } from './address.ts'
import { inTurn } from './batched.ts'
import { Connection, type Statement } from './connection.ts'
import { GATE, migrateSchema, refuseNewerSchema, SCHEMA_VERSION, schemaVersion } from './schema.ts'

export interface SessionOptions {
  /** @throws {SETTINGS_INVALID} where the settings or the environment say nothing that can be used */
  readonly address: () => Promise<PostgresAddress>
  /** What the program calls itself to the database: `tokenctl renew`. */
  readonly by: string
}

/** The vault that the tables are of. */
interface VaultRow {
  readonly keyId: string | null
  readonly isInUse: boolean
}

interface Opened {
  readonly connection: Connection
  readonly epoch: number
  readonly isReplica: boolean
  /** Undefined where there are no tables yet. */
  readonly vault: VaultRow | undefined
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
  #isGatePassed = false
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
  ): Promise<{ readonly rows: readonly Row[]; readonly epoch: number }> {
    const { connection, vault, epoch } = await this.opened()
    if (vault === undefined) throw noTables(this.place)
    return { rows: await connection.rows<Row>(statement, values), epoch }
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
    return (await this.opened()).vault?.keyId ?? null
  }

  /**
   * Makes this key the records' own, where they have none.
   *
   * @returns the id of the key that is theirs now: another machine may have been first.
   */
  async claimKey(id: string): Promise<string> {
    const rows = await this.rows<{ key_id: string }>(
      { text: 'UPDATE tokenctl.vault SET key_id = coalesce(key_id, $1) RETURNING key_id' },
      [id],
    )
    const keyId = rows[0]?.key_id ?? id
    const current = await this.opened()
    this.#current = { ...current, vault: { isInUse: true, ...current.vault, keyId } }
    this.#opening = Promise.resolve(this.#current)
    return keyId
  }

  /** Makes the tables where there are none. @throws {VAULT_UNAVAILABLE} · {WRITE_FAILED} · {LOCK_HELD} */
  async makeTables(): Promise<void> {
    const opened = await this.opened()
    if (opened.vault !== undefined) return
    await migrateSchema(opened.connection, this.#options.by, this.place)
    await this.#look(opened.connection)
  }

  /** @throws {WRITE_FAILED} where nothing can be written: a replica, or a cut connection that does not come back */
  async prove(): Promise<void> {
    const { isReplica, vault } = await this.opened()
    if (isReplica) throw readOnly(this.place)
    if (vault === undefined) throw noTables(this.place)
  }

  /**
   * Passes the gate: from here on nobody changes the tables or moves the records away, until the connection is closed.
   *
   * @throws {LOCK_HELD} while somebody does
   */
  async passGate(): Promise<void> {
    await this.prove()
    if (this.#isGatePassed) return
    const text = `SELECT pg_try_advisory_lock_shared(${GATE}) AS is_in`
    const [got] = await this.rows<{ is_in: boolean }>({ text })
    if (got?.is_in !== true)
      throw new TokenctlError('LOCK_HELD', `The records at ${this.place} are being moved or sealed anew.`, {
        fix: 'Nothing was asked or changed. Run it again when that has come to its end.',
      })
    this.#isGatePassed = true
  }

  /** The connection that is open, or a new one. @throws {VAULT_UNAVAILABLE} · {SETTINGS_INVALID} */
  async opened(): Promise<Opened> {
    if (this.#current !== undefined && !this.#current.connection.isOpen) {
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
    // Read Committed: a statement that waits for another machine's row sees what that has written.
    await connection.rows({
      text: `SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`,
    })
    const [found] = await connection.rows<{ is_replica: boolean; locks: number; number: number }>({
      text: `SELECT pg_is_in_recovery() AS is_replica, current_setting('server_version_num')::int AS number,
        (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`,
    })
    const { is_replica: isReplica = false, locks = 0, number = 0 } = found ?? {}
    if (number < OLDEST_SERVER) throw tooOld(this.place, number)
    if (locks > 0 && this.#current?.connection !== connection) throw sharedBackend(this.place)
    const version = await schemaVersion(connection)
    refuseNewerSchema(version, this.place)
    if (version > 0 && version < SCHEMA_VERSION && !isReplica)
      await migrateSchema(connection, this.#options.by, this.place)
    const vault = version === 0 ? undefined : await vaultRow(connection)
    if (vault?.isInUse === false) throw movedAway(this.place)
    this.#epochs += 1
    this.#isGatePassed = false
    this.#current = { connection, epoch: this.#epochs, isReplica, vault }
    this.#opening = Promise.resolve(this.#current)
    return this.#current
  }
}

/** PostgreSQL 12: the oldest that CI of its own makers tests beside Debian's 15 still; `hashtextextended` came with 11. */
const OLDEST_SERVER = 120_000

async function vaultRow(connection: Connection): Promise<VaultRow> {
  const [row] = await connection.rows<{ key_id: string | null; is_in_use: boolean }>({
    text: 'SELECT key_id, is_in_use FROM tokenctl.vault',
  })
  return { keyId: row?.key_id ?? null, isInUse: row?.is_in_use ?? true }
}

function noTables(place: string): TokenctlError {
  return new TokenctlError('VAULT_UNAVAILABLE', `There are no tables of tokenctl at ${place}.`, {
    fix: 'The first command that stores something makes them. If there were some, look whether this is the right database.',
  })
}

function readOnly(place: string): TokenctlError {
  return new TokenctlError('WRITE_FAILED', `${place} is a read-only replica.`, {
    fix: 'Nothing was asked or changed. `tokenctl status` works there; give everything else the address of the primary.',
  })
}

function tooOld(place: string, number: number): TokenctlError {
  return new TokenctlError(
    'VAULT_UNAVAILABLE',
    `The server at ${place} is PostgreSQL ${Math.floor(number / 10_000)}; tokenctl needs 12 or later.`,
    { fix: 'Update the server. Nothing was changed.' },
  )
}

function movedAway(place: string): TokenctlError {
  return new TokenctlError(
    'VAULT_UNAVAILABLE',
    `The records at ${place} were moved to another store, on another machine.`,
    {
      fix: 'Choose the store that holds them now (`tokenctl config set store …`), or on that machine move them back: `tokenctl migrate --to postgres`.',
    },
  )
}

function sharedBackend(place: string): TokenctlError {
  return new TokenctlError(
    'VAULT_UNAVAILABLE',
    `What answers at ${place} gives several programs one connection to the database, and locks would not hold.`,
    {
      fix: "Set pgbouncer's `pool_mode` to `session` for this database, or give the server's own address.",
    },
  )
}
