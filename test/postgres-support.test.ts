/** The real PostgreSQL that other tests stand on: it starts, breaks, comes back and goes as they rely on. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import pg from 'pg'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { buildEntry } from './support/built.ts'
import { localhostPair } from './support/mail-sink.ts'
import { startPgbouncer } from './support/pgbouncer.ts'
import { accessBy, USER } from './support/postgres/access.ts'
import { postgresProgram } from './support/postgres/programs.ts'
import {
  hasPgbouncer,
  hasPostgres,
  type Postgres,
  postgresForFile,
  temporaryPostgres,
} from './support/postgres.ts'

/** A session as a program has it, by URL; ended with the test. */
async function sessionOf(url: string, config: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, ...config })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

/** When a session is over; it may be broken off with an error. */
const endOf = (client: pg.Client) => new Promise<void>(resolve => client.once('end', resolve))

/** A table with a row, as the plain role makes it. */
async function noteIn(url: string, text: string): Promise<void> {
  const client = await sessionOf(url)
  await client.query('CREATE TABLE IF NOT EXISTS notes (text text)')
  await client.query('INSERT INTO notes VALUES ($1)', [text])
}

const notesIn = async (server: Pick<Postgres, 'sql'>): Promise<string[]> =>
  (await server.sql<{ text: string }>('SELECT text FROM notes')).map(({ text }) => text)

describe.skipIf(!hasPostgres())('a server', () => {
  const postgres = postgresForFile()

  test('env leads a child, and url a client, to the same role and database, which owns it and is no superuser', async () => {
    const database = await postgres().createDatabase()
    const asked = 'SELECT current_user, current_database()'
    const psql = await promisify(execFile)(postgresProgram('psql'), ['-X', '-A', '-t', '-c', asked], {
      env: { ...database.env },
    })
    expect(psql.stdout.trim()).toBe(`tokenctl|${database.database}`)
    const client = await sessionOf(database.url())
    expect((await client.query(asked)).rows).toEqual([
      { current_user: 'tokenctl', current_database: database.database },
    ])
    await client.query('CREATE TABLE mine ()')
    await expect(client.query('CREATE ROLE another')).rejects.toMatchObject({ code: '42501' })
  })

  test('a wrong password is refused', async () => {
    const { port } = postgres()
    const { url } = accessBy(port, { ...USER, password: 'wrong' })
    await expect(sessionOf(url())).rejects.toMatchObject({ code: '28P01' })
  })

  test('databases are empty and apart, and one that is dropped is gone with who is in it', async () => {
    const [one, other] = [await postgres().createDatabase(), await postgres().createDatabase('a "name"')]
    await noteIn(one.url(), 'in one')
    await expect(notesIn(other)).rejects.toMatchObject({ code: '42P01' })
    await sessionOf(one.url())
    await one.drop()
    await expect(sessionOf(one.url())).rejects.toMatchObject({ code: '3D000' })
  })

  test('a role may what it was granted', async () => {
    const database = await postgres().createDatabase()
    await noteIn(database.url(), 'to be read')
    const nothing = await postgres().createRole({ database: database.database })
    const reader = await postgres().createRole({
      database: database.database,
      password: "another's",
      attributes: 'CONNECTION LIMIT 3',
      grants: ['SELECT ON ALL TABLES IN SCHEMA public'],
    })
    const read = 'SELECT text FROM notes'
    await expect((await sessionOf(nothing.url())).query(read)).rejects.toMatchObject({ code: '42501' })
    expect((await (await sessionOf(reader.url())).query(read)).rows).toEqual([{ text: 'to be read' }])
  })

  test('cutConnections cuts those of a name, or all', async () => {
    const sessions = await Promise.all(
      ['worker', 'worker', 'another'].map(name => sessionOf(postgres().url(), { application_name: name })),
    )
    const ends = sessions.map(endOf)
    expect(await postgres().cutConnections('worker')).toBe(2)
    await Promise.all(ends.slice(0, 2))
    expect((await sessions[2]?.query('SELECT 1'))?.rowCount).toBe(1)
    expect(await postgres().cutConnections()).toBeGreaterThanOrEqual(1)
    await ends[2]
  })

  test('a restart keeps the port and the data', async () => {
    const { port } = postgres()
    const database = await postgres().createDatabase()
    await noteIn(database.url(), 'before')
    await postgres().restart('fast')
    expect(postgres().port).toBe(port)
    expect(await notesIn(database)).toEqual(['before'])
    expect(postgres().log()).not.toMatch(/not properly shut down/)
  })

  test.each(['immediate', 'kill9'] as const)('after %s what was committed is recovered', async how => {
    const database = await postgres().createDatabase()
    await noteIn(database.url(), 'committed')
    const open = await sessionOf(database.url())
    await open.query('BEGIN')
    await open.query("INSERT INTO notes VALUES ('not committed')")
    const [ended, logged] = [endOf(open), postgres().log().length]
    if (how === 'immediate') await postgres().restart('immediate')
    else {
      await postgres().kill9()
      await expect(sessionOf(database.url())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      await postgres().start()
    }
    await ended
    expect(postgres().log().slice(logged)).toMatch(/not properly shut down; automatic recovery/)
    expect(await notesIn(database)).toEqual(['committed'])
  })

  test('stopped it refuses, started it answers; twice changes nothing', async () => {
    await postgres().stop()
    await postgres().stop()
    await expect(sessionOf(postgres().url())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(postgres().sql('SELECT 1')).rejects.toMatchObject({ code: 'ENOENT' })
    await postgres().start()
    await postgres().start()
    expect(await postgres().sql('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('a second one is another, with settings of its own, and is gone after its removal', async () => {
    const second = await temporaryPostgres({ fsync: false, settings: { work_mem: '7MB' } })
    expect(second.port).not.toBe(postgres().port)
    await noteIn(second.url(), 'second')
    await expect(notesIn(postgres())).rejects.toMatchObject({ code: '42P01' })
    const asked = "SELECT setting FROM pg_settings WHERE name IN ('fsync', 'work_mem') ORDER BY name"
    expect(await second.sql(asked)).toEqual([{ setting: 'off' }, { setting: '7168' }])
    expect(await postgres().sql('SHOW fsync')).toEqual([{ fsync: 'on' }])
    await second.remove()
    expect(existsSync(second.socket)).toBe(false)
    await expect(sessionOf(second.url())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('with a certificate it speaks TLS to those who ask', async () => {
    const pair = localhostPair()
    if (pair === undefined) return
    const secure = await temporaryPostgres({ fsync: false, tls: pair })
    const client = await sessionOf(secure.url(), { ssl: { ca: pair.cert, servername: 'localhost' } })
    const isSecure = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
    expect((await client.query(isSecure)).rows).toEqual([{ ssl: true }])
    expect((await (await sessionOf(secure.url())).query(isSecure)).rows).toEqual([{ ssl: false }])
  })

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    '%s to the process that started one takes it along',
    async signal => {
      const support = await buildEntry('test/support/postgres/start.ts', 'postgres-start')
      const starting = `require(process.argv[1]).startPostgres({ fsync: false })
      .then(({ socket, env }) => console.log(JSON.stringify({ socket, env })))
      setInterval(() => {}, 1000)`
      const child = spawn(process.execPath, ['-e', starting, support])
      onTestFinished(() => void child.kill('SIGKILL'))
      const [said] = await once(child.stdout, 'data')
      const { socket, env } = JSON.parse(String(said))
      const others = { port: env.PGPORT, user: env.PGUSER, password: env.PGPASSWORD, host: env.PGHOST }
      const session = new pg.Client({ ...others, database: env.PGDATABASE })
      session.on('error', () => undefined)
      await session.connect()
      child.kill(signal)
      await vi.waitFor(() => expect(existsSync(socket)).toBe(false), { timeout: 20_000 })
      await expect(new pg.Client(others).connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    },
  )
})

describe.skipIf(!hasPostgres())('a standby', () => {
  const postgres = postgresForFile()

  test('follows, refuses to write, and once promoted takes writes', async () => {
    await noteIn(postgres().url(), 'from the primary')
    const standby = await postgres().startStandby()
    await noteIn(postgres().url(), 'after the copy')
    await standby.caughtUp()
    expect(await notesIn(standby)).toEqual(['from the primary', 'after the copy'])
    await expect(noteIn(standby.url(), 'refused')).rejects.toMatchObject({ code: '25006' })
    await standby.promote()
    await noteIn(standby.url(), 'from the promoted')
    expect(await notesIn(standby)).toContain('from the promoted')
    expect(await notesIn(postgres())).not.toContain('from the promoted')
    await standby.stop()
    await expect(sessionOf(standby.url())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await standby.remove()
  })

  test('one that commits wait for has all that was answered when the primary is killed', async () => {
    const primary = await temporaryPostgres()
    const standby = await primary.startStandby({ synchronous: true })
    await noteIn(primary.url(), 'answered')
    await primary.kill9()
    await standby.promote()
    expect(await notesIn(standby)).toEqual(['answered'])
    await noteIn(standby.url(), 'goes on')
  })
})

describe.skipIf(!hasPgbouncer())('pgbouncer', () => {
  const postgres = postgresForFile({ fsync: false })

  test.each(['session', 'transaction'] as const)('passes questions, a connection a %s', async poolMode => {
    const pgbouncer = await startPgbouncer(postgres(), { poolMode, settings: { default_pool_size: 1 } })
    onTestFinished(pgbouncer.remove)
    expect(pgbouncer.port).not.toBe(postgres().port)
    const [one, other] = [await sessionOf(pgbouncer.url()), sessionOf(pgbouncer.url())]
    const backend = async (client: pg.Client) =>
      (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid
    const first = await backend(one)
    // With one connection to the server the other client has its turn when the first leaves, or at once.
    const second = other.then(backend)
    if (poolMode === 'session') await one.end()
    expect(await second).toBe(first)
    expect(pgbouncer.log()).toMatch(/login attempt: db=tokenctl user=tokenctl/)
  })

  test('knows every role and database of the server', async () => {
    const pgbouncer = await startPgbouncer(postgres(), { poolMode: 'transaction' })
    const { database } = await postgres().createDatabase()
    const role = await postgres().createRole({ database, password: 'its own' })
    const through = await sessionOf(pgbouncer.accessOf(role).url())
    expect((await through.query('SELECT current_user, current_database()')).rows).toEqual([
      { current_user: role.user, current_database: database },
    ])
    const wrong = pgbouncer.accessOf({ ...role, password: 'wrong' })
    await expect(sessionOf(wrong.url())).rejects.toMatchObject({ code: '08P01' })
  })
})
