/** What a run is to the database: tables made once, however many come at once; and nothing done over a way that cannot hold a lock. */
import { homedir } from 'node:os'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { addressOf } from '../../../src/vault/postgres/address.ts'
import { Connection } from '../../../src/vault/postgres/connection.ts'
import { migrateSchema, SCHEMA_VERSION } from '../../../src/vault/postgres/schema.ts'
import { startPgbouncer } from '../../support/pgbouncer.ts'
import { postgresFront } from '../../support/postgres/front.ts'
import { hasPgbouncer, hasPostgres, postgresForFile, type TestDatabase } from '../../support/postgres.ts'
import { holding, machine, readyMachine, until } from './machines.ts'
import { fleetStore, machineStore, ownName } from './stores.ts'

const NAME = 'ebay:main'
const NOW = { waitMs: 0 }
const nothing = async () => {}

const versionsIn = async (database: TestDatabase) =>
  (await database.sql<{ version: number }>('SELECT version FROM tokenctl.migration ORDER BY version')).map(
    ({ version }) => version,
  )
const ALL = Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1)

/** A bare connection, closed with the test. */
async function connected(env: Readonly<Record<string, string>>): Promise<Connection> {
  const files = createNodeFiles()
  const connection = await Connection.open(
    addressOf({ env, settings: {}, files, platform: 'linux', homeDir: homedir() }),
    'test',
  )
  onTestFinished(() => connection.close())
  return connection
}

describe.skipIf(!hasPostgres())('a session', () => {
  const postgres = postgresForFile({ fsync: false })

  describe('and the tables', () => {
    test('are made once, however many machines come at once', async () => {
      const database = await postgres().createDatabase()
      const machines = Array.from({ length: 12 }, () => machine(database.env))
      await Promise.all(machines.map(({ session }) => session.makeTables()))
      await Promise.all(machines.map(({ session }) => session.prove()))
      expect(await versionsIn(database)).toEqual(ALL)
      await machines[0]?.session.makeTables()
      expect(await versionsIn(database)).toEqual(ALL)
    })

    test('are made whole or not at all', async () => {
      const database = await postgres().createDatabase()
      const front = await postgresFront(postgres().port)
      const one = machine(front.accessOf(database).env)
      const cutting = front.cutAt('after', 'CREATE UNLOGGED TABLE')
      await expect(one.session.makeTables()).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
      await cutting
      expect(await one.session.hasTables()).toBe(false)
      // Whether the commit went through nobody was told, and it makes no difference.
      const lost = front.cutAt('after', 'COMMIT')
      await expect(one.session.makeTables()).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
      await lost
      await one.session.makeTables()
      expect(await versionsIn(database)).toEqual(ALL)
    })

    test('of a newer program are left alone', async () => {
      const database = await postgres().createDatabase()
      const one = await readyMachine(database.env)
      await database.sql("INSERT INTO tokenctl.migration (version, applied_by) VALUES (99, 'a later one')")
      const other = machine(database.env)
      const newer = { code: 'VAULT_UNAVAILABLE', message: expect.stringContaining('version 99') }
      await expect(other.session.hasTables()).rejects.toMatchObject(newer)
      await expect(other.session.makeTables()).rejects.toMatchObject(newer)
      // Nor does one go on that came before: its connection is old, and the gate is new.
      await expect(one.locks.hold(NAME, nothing, NOW)).rejects.toMatchObject(newer)
      expect(await versionsIn(database)).toEqual([...ALL, 99])
    })

    const step = (number: number) => `CREATE TABLE tokenctl.step_${number} ()`
    const FEW = [step(1)]
    const MORE = ALL.map(step)

    test('go from version to version, each step once', async () => {
      const database = await postgres().createDatabase()
      const [one, other] = [await connected(database.env), await connected(database.env)]
      await migrateSchema(one, 'first', 'here', FEW)
      await Promise.all([
        migrateSchema(one, 'second', 'here', MORE),
        migrateSchema(other, 'third', 'here', MORE),
      ])
      expect(await versionsIn(database)).toEqual(ALL)
    })

    test('stay as they are where a step fails', async () => {
      const database = await postgres().createDatabase()
      const one = await connected(database.env)
      await migrateSchema(one, 'first', 'here', FEW)
      const broken = migrateSchema(one, 'second', 'here', [...FEW, step(2), step(1)])
      await expect(broken).rejects.toThrow()
      expect(await versionsIn(database)).toEqual([1])
      await migrateSchema(one, 'third', 'here', MORE)
      expect(await versionsIn(database)).toEqual(ALL)
    })

    test('are not changed under those who are at work, nor does anybody begin while they are', async () => {
      const database = await postgres().createDatabase()
      const worker = await readyMachine(database.env)
      const held = await holding(worker, NAME)
      await database.sql(`DELETE FROM tokenctl.migration WHERE version = ${SCHEMA_VERSION};
        ALTER TABLE tokenctl.vault DROP COLUMN move`)
      const later = machine(database.env)
      await expect(later.session.hasTables()).rejects.toMatchObject({
        code: 'LOCK_HELD',
        message: expect.stringContaining(`version ${SCHEMA_VERSION}`),
      })
      await held.letGo()
      await worker.session.close()
      await until(async () => {
        try {
          return await later.session.hasTables()
        } catch {
          return false
        }
      })
      expect(await versionsIn(database)).toEqual(ALL)
    })
  })

  test('has a new connection after a cut, and each its number', async () => {
    const database = await postgres().createDatabase()
    const { session } = await readyMachine(database.env, 'one')
    const before = session.epoch ?? 0
    await postgres().cutConnections('tokenctl one')
    await until(() => session.epoch === undefined)
    await session.prove()
    expect(session.epoch).toBeGreaterThan(before)
  })

  test('is there again after the server was restarted, in either way', async () => {
    const database = await postgres().createDatabase()
    const one = await readyMachine(database.env, 'one')
    for (const mode of ['fast', 'immediate'] as const) {
      const held = await holding(one, NAME)
      await postgres().restart(mode)
      await until(() => one.session.epoch === undefined)
      expect(one.locks.hasLost(NAME)).toBe(true)
      await held.letGo()
      await one.locks.hold(NAME, nothing, NOW)
    }
  })

  test('has the server notice a machine that is gone, and a program that stands still in a transaction', async () => {
    const database = await postgres().createDatabase()
    const set = async (env: Readonly<Record<string, string>>) => {
      const { session } = await readyMachine(env)
      return await session.rows<{ name: string; setting: string }>({
        text: `SELECT name, setting FROM pg_settings
          WHERE name IN ('tcp_keepalives_idle', 'tcp_user_timeout', 'idle_in_transaction_session_timeout') ORDER BY name`,
      })
    }
    expect(await set(database.env)).toEqual([
      { name: 'idle_in_transaction_session_timeout', setting: '15000' },
      { name: 'tcp_keepalives_idle', setting: '10' },
      { name: 'tcp_user_timeout', setting: '30000' },
    ])
    // What an administrator said stands.
    await database.sql(`ALTER ROLE ${database.user} IN DATABASE ${database.database}
      SET idle_in_transaction_session_timeout = '2s'`)
    expect((await set(database.env))[0]).toMatchObject({ setting: '2000' })
  })

  test('is not held up for ever by one that took the turn to claim and stands still', async () => {
    const database = await postgres().createDatabase()
    await database.sql(`ALTER ROLE ${database.user} IN DATABASE ${database.database}
      SET idle_in_transaction_session_timeout = '300ms'`)
    const [still, other] = [await readyMachine(database.env), await fleetStore(database.env)]
    await still.session.rows({ text: 'BEGIN' })
    await still.session.rows({ text: "SELECT pg_advisory_xact_lock(hashtextextended('tokenctl/claim', 0))" })
    const due = {
      marketplace: 'ebay',
      lastBefore: 1,
      endsBefore: 1,
      consentBefore: 1,
      wantsEnd: false,
      ahead: Date.now(),
    }
    expect(await other.fleet.claim([due], 10)).toEqual([])
  })

  describe('on a replica', () => {
    test('reads, writes nothing, and writes once that was promoted, in the same run', async () => {
      const database = await postgres().createDatabase()
      const store = await fleetStore(database.env)
      const key = `account/ebay:${ownName()}`
      await store.put(key, { header: { revision: 1 }, body: '{}', perishable: null })
      const standby = await postgres().startStandby()
      await standby.caughtUp()
      const env = { ...database.env, PGPORT: String(standby.port) }
      const there = machineStore(env)
      expect(await there.get(key)).toMatchObject({ body: '{}' })
      const readOnly = { code: 'WRITE_FAILED', message: expect.stringContaining('read-only replica') }
      await expect(there.prove()).rejects.toMatchObject(readOnly)
      await expect(there.lock(NAME, nothing)).rejects.toMatchObject(readOnly)
      await standby.promote()
      await there.prove()
      await there.lock(NAME, nothing)
      expect(
        await there.replace(key, { header: { revision: 2 }, body: '{"a":1}', perishable: null }, 1),
      ).toBe(true)
    })
  })

  describe.skipIf(!hasPgbouncer())('through pgbouncer', () => {
    const SHARED = { code: 'VAULT_UNAVAILABLE', message: expect.stringContaining('several programs') }

    async function pooled(poolMode: 'session' | 'transaction', size: number) {
      const database = await postgres().createDatabase()
      await readyMachine(database.env)
      const settings = { default_pool_size: size, ignore_startup_parameters: 'extra_float_digits' }
      const pgbouncer = await startPgbouncer(postgres(), { poolMode, settings })
      onTestFinished(() => pgbouncer.remove())
      const { env, url } = pgbouncer.accessOf(database)
      return { database, env, url }
    }

    test('that gives each its own process works, and locks hold', async () => {
      const { env } = await pooled('session', 5)
      const [one, other] = [machine(env), machine(env)]
      const held = await holding(one, NAME)
      await expect(other.locks.hold(NAME, nothing, NOW)).rejects.toMatchObject({ code: 'LOCK_HELD' })
      await held.letGo()
      await other.locks.hold(NAME, nothing, NOW)
    })

    test('that shares one is found out by the second, before the first took any lock', async () => {
      const { env } = await pooled('transaction', 1)
      const [one, other] = [machine(env), machine(env)]
      await one.session.hasTables()
      await expect(other.session.hasTables()).rejects.toMatchObject(SHARED)
    })

    test('that leads a statement to another process gives no lock', async () => {
      const { env, url, database } = await pooled('transaction', 2)
      const [one, other] = [machine(env), machine(env)]
      const held = await holding(one, NAME)
      // Somebody has the first's process for a while, so that the other is given a second one.
      const busy = new pg.Client({ connectionString: url() })
      await busy.connect()
      await busy.query('BEGIN')
      await other.session.hasTables()
      // From here on the other's statements go where this one was last.
      await busy.query('COMMIT')
      await expect(other.locks.hold(NAME, nothing, NOW)).rejects.toMatchObject({ exit: 5 })
      await busy.end()
      await held.letGo().catch(() => undefined)
      const [{ count } = { count: -1 }] = await database.sql<{ count: number }>(
        'SELECT count(*)::int AS count FROM tokenctl.journal',
      )
      expect(count).toBe(0)
    })
  })

  test('keeps any text: what no column can hold stands in the record alone', async () => {
    const database = await postgres().createDatabase()
    const store = await fleetStore(database.env)
    const odd = 'a\0b "\\{},\' \u{1f600} \ud800 \n'
    const header = {
      revision: 1,
      seller: odd,
      app: 'a\0b',
      environment: odd,
      refused: { code: 'x\0' },
      tags: { plain: 'ü', odd, empty: '' },
      consentAt: '2026-02-30',
      renewedAt: '0001-01-01',
      endsAt: '9999-12-31T23:59:59.999999999+14:00',
      generation: 2 ** 60,
    }
    const keys = [ownName(), ownName(), ownName()].map(name => `account/ebay:${name}`)
    // All in one statement: one that the server refused would fail the others.
    await Promise.all(
      keys.map((key, index) =>
        store.replace(
          key,
          { header: index === 1 ? header : { revision: 1 }, body: odd, perishable: odd },
          null,
        ),
      ),
    )
    // JSON has no lone surrogate but as an escape, and gives it back.
    expect(await store.get(keys[1] ?? '')).toEqual({ header, body: odd, perishable: odd })
    expect((await store.headers()).map(({ key }) => key)).toEqual([...keys].sort())
  })

  test('whose word of a record stored is lost finds it stored, and no later one is written over', async () => {
    const database = await postgres().createDatabase()
    const front = await postgresFront(postgres().port)
    const store = await fleetStore(front.accessOf(database).env)
    const other = await fleetStore(database.env)
    const key = `account/ebay:${ownName()}`
    const record = (revision: number, body: string) => ({ header: { revision }, body, perishable: null })
    expect(await store.replace(key, record(1, 'first'), null)).toBe(true)
    const cutting = front.cutAt('after', 'replace\0')
    await expect(store.replace(key, record(2, 'second'), 1)).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
    })
    await cutting
    expect(await store.get(key)).toEqual(record(2, 'second'))
    expect(await store.replace(key, record(2, 'second'), 1)).toBe(false)
    expect(await other.replace(key, record(3, 'third'), 2)).toBe(true)
    expect(await store.replace(key, record(3, 'mine'), 2)).toBe(false)
    expect(await store.get(key)).toEqual(record(3, 'third'))
    // Of many that go at once over one revision, one wins.
    const many = await Promise.all(
      [store, other, store, other].map((each, index) => each.replace(key, record(4, `${index}`), 3)),
    )
    expect(many.filter(Boolean)).toHaveLength(1)
  })
})
