/** The database of a fleet, over real servers: what `doctor` says of one that is sound, and of each thing that is wrong with it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNoCanary } from '../../support/broken-world.ts'
import {
  type Diagnosis,
  diagnose,
  doctorWorld,
  fineAccount,
  setSettings,
  soundHome,
} from '../../support/doctor-world.ts'
import { localhostPair } from '../../support/mail-sink.ts'
import { startPgbouncer } from '../../support/pgbouncer.ts'
import { hasPgbouncer, hasPostgres, postgresForFile, type TestDatabase } from '../../support/postgres.ts'
import { makeHome, temporaryHome } from '../../support/temporary-home.ts'

type Env = Readonly<Record<string, string>>

const FLEET = { store: 'postgres' }
const ACCOUNTS = [fineAccount('ebay:main')]

const fleetHome = (env: Env, home = temporaryHome()) =>
  soundHome({ home, settings: FLEET, env, accounts: ACCOUNTS })
/** Another machine of the same fleet, which has the key of the first and has stored nothing. */
function emptyHome(): string {
  const home = temporaryHome()
  setSettings(home, FLEET)
  return home
}

const look = (home: string, env: Env) => diagnose(home, { env, offline: true })
/** What is wrong, each by its check. */
const wrongIn = ({ wrong }: Diagnosis) => wrong.map(({ id, state }) => `${id} ${state}`)
const saidOf = ({ report }: Diagnosis, id: string) =>
  report.findings.filter(each => each.id === id).map(({ state, what }) => `${state}: ${what}`)

describe.skipIf(!hasPostgres())('a database', () => {
  const server = postgresForFile()
  let database: TestDatabase
  const { path: home, remove } = makeHome()

  beforeAll(async () => {
    database = await server().createDatabase()
    await fleetHome(database.env, home)
  })
  afterAll(remove)

  /** A role in the database that may look at everything, and what more is said. */
  const roleWith = async (more: readonly string[] = [], attributes?: string) =>
    await server().createRole({
      database: database.database,
      grants: ['USAGE ON SCHEMA tokenctl', 'SELECT ON ALL TABLES IN SCHEMA tokenctl', ...more],
      ...(attributes !== undefined && { attributes }),
    })
  const ALL = 'SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tokenctl'

  test('that is sound: nothing is wrong, nothing is said of a keychain, and nothing is left behind', async () => {
    const before = await database.sql('SELECT key, revision, written_at FROM tokenctl.record ORDER BY key')
    const found = await look(home, database.env)
    expect(found.wrong).toEqual([])
    expect(found.exit).toBe(0)
    expect(saidOf(found, 'database')).toEqual([
      expect.stringMatching(/^ok: PostgreSQL \d+\.\d+ answers, as tokenctl, on this machine\.$/),
      'ok: It is a primary, and takes what is written.',
      expect.stringMatching(
        /^ok: The tables are there \(version \d+\), and tokenctl may do with them what a renewal/,
      ),
      'ok: What is stored is on the disk when that is answered.',
      expect.stringMatching(/^ok: \d+ of \d+ connections are free\.$/),
    ])
    expect(saidOf(found, 'keychain')).toEqual(['skipped: The PostgreSQL store needs no keychain.'])
    expect(saidOf(found, 'key')).toEqual([
      expect.stringMatching(/^ok: The key is the fleet's \([0-9a-f]{8}\)\.$/),
    ])
    expect(saidOf(found, 'clock')).toContain('ok: The clock of this machine agrees with the database.')
    expect(saidOf(found, 'vault')[0]).toMatch(/^ok: The PostgreSQL store works: a test item was written/)
    expect(await database.sql('SELECT key, revision, written_at FROM tokenctl.record ORDER BY key')).toEqual(
      before,
    )
    expect(await database.sql("SELECT FROM pg_locks WHERE locktype = 'advisory'")).toEqual([])
    expectNoCanary(found.text)
    for (const password of [server().password, encodeURIComponent(server().password)])
      expect(found.text).not.toContain(password)
  })

  test('a machine that has stored nothing yet sees the same, and is told of the key that it lacks', async () => {
    const found = await look(emptyHome(), database.env)
    expect(wrongIn(found)).toEqual(['key problem'])
    expect(found.wrong[0]?.what).toMatch(/^The fleet's key is not on this machine: .*vault\.key\.$/)
    expect(found.wrong[0]?.mend).toMatch(/^Copy the key [0-9a-f]{8} from another machine/)
    expect(found.exit).toBe(5)
    expect(saidOf(found, 'vault')).toEqual(['skipped: Not tried: its key does not open anything.'])
  })

  test("another key than the fleet's", async () => {
    const other = emptyHome()
    writeFileSync(join(other, 'vault.key'), Buffer.alloc(32, 7), { mode: 0o600 })
    const found = await look(other, database.env)
    expect(found.wrong).toMatchObject([{ id: 'key', state: 'problem', code: 'RECORD_UNREADABLE' }])
    expect(found.wrong[0]?.what).toMatch(
      /^The key here is [0-9a-f]{8}, and the records are sealed with another: /,
    )
  })

  test('without tables: the first write makes them, if it may', async () => {
    const empty = await server().createDatabase()
    const before = await look(emptyHome(), empty.env)
    expect(before.wrong).toEqual([])
    expect(saidOf(before, 'database')).toContain('ok: There are no tables yet; the first write makes them.')
    expect(saidOf(before, 'vault')).toEqual([
      'ok: Nothing is stored yet; the first write makes the tables in the database.',
    ])
    expect(await empty.sql("SELECT FROM pg_namespace WHERE nspname = 'tokenctl'")).toEqual([])
    const stranger = await server().createRole({ database: empty.database })
    const found = await look(emptyHome(), stranger.env)
    expect(wrongIn(found)).toEqual(['database problem'])
    expect(found.wrong[0]).toMatchObject({ mend: expect.stringContaining('`GRANT CREATE ON DATABASE`') })
    expect(found.exit).toBe(5)
  })

  test('a user who may only look', async () => {
    const { env } = await roleWith()
    const found = await look(home, env)
    expect(wrongIn(found)).toEqual(['database problem'])
    expect(found.wrong[0]?.what).toMatch(/lacks rights: .*INSERT, UPDATE, DELETE on tokenctl\.record; /)
    expect(found.wrong[0]?.mend).toMatch(/GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES/)
    expect(saidOf(found, 'vault')).toEqual(['skipped: Not tried: see `database`.'])
    expect(found.exit).toBe(5)
  })

  test('a user who lacks one right, and one who may do all that is granted', async () => {
    const { env, user } = await roleWith([ALL])
    await database.sql(`REVOKE DELETE ON tokenctl.journal FROM "${user}"`)
    const found = await look(home, env)
    expect(found.wrong.map(({ what }) => what)).toEqual([`${user} lacks rights: DELETE on tokenctl.journal.`])
    await database.sql(`GRANT DELETE ON tokenctl.journal TO "${user}"`)
    expect((await look(home, env)).wrong).toEqual([])
  })

  test('a user who may not even see the tables', async () => {
    const { env } = await server().createRole({ database: database.database })
    const found = await look(home, env)
    expect(wrongIn(found)).toEqual(['database problem'])
    expect(found.wrong[0]?.what).toMatch(/does not let this user .*\(schema tokenctl, 42501\)\.$/)
    expect(found.wrong[0]?.mend).toContain('`GRANT USAGE ON SCHEMA tokenctl`')
  })

  test('transactions that may only read', async () => {
    const { env, user } = await roleWith([ALL])
    await server().sql(`ALTER ROLE "${user}" SET default_transaction_read_only = on`)
    const found = await look(home, env)
    expect(wrongIn(found)).toEqual(['database problem'])
    expect(found.wrong[0]).toMatchObject({
      code: 'WRITE_FAILED',
      what: expect.stringContaining('may only read there'),
    })
    expect(saidOf(found, 'vault')).toEqual(['skipped: Not tried: see `database`.'])
  })

  test('settings that lose what was answered', async () => {
    const { env, user } = await roleWith([ALL])
    await server().sql(`ALTER ROLE "${user}" SET synchronous_commit = local`)
    await server().sql('ALTER SYSTEM SET full_page_writes = off')
    // From here on whoever commits waits for a server that there is not, but for that role.
    await server().sql("ALTER SYSTEM SET synchronous_standby_names = 'elsewhere'")
    await server().sql('SELECT pg_reload_conf()')
    const { wrong, exit } = await look(home, env)
    await server().sql('ALTER SYSTEM RESET ALL')
    await server().sql('SELECT pg_reload_conf()')
    expect(wrong.map(({ id, state, what }) => `${id} ${state} ${what.split(':')[0]}`)).toEqual([
      'database warning `full_page_writes` is off',
      'database warning `synchronous_commit` is local',
    ])
    expect(exit).toBe(0)
  })

  test('`synchronous_commit = off` of a role is not in force for ours', async () => {
    const { env, user } = await roleWith([ALL])
    await server().sql(`ALTER ROLE "${user}" SET synchronous_commit = off`)
    expect((await look(home, env)).wrong).toEqual([])
  })

  test('hardly a connection left', async () => {
    const { env } = await roleWith([ALL], 'CONNECTION LIMIT 5')
    const found = await look(home, env)
    expect(found.wrong.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^Only \d of 5 connections are free; each command takes one/),
    ])
  })

  test('a newer program made the tables', async () => {
    const newer = await server().createDatabase()
    const its = await fleetHome(newer.env)
    await newer.sql("INSERT INTO tokenctl.migration (version, applied_by) VALUES (99, 'a test')")
    const found = await look(its, newer.env)
    expect(wrongIn(found)).toEqual(['database problem'])
    expect(found.wrong[0]?.what).toMatch(
      /^A newer tokenctl made the tables at .* \(schema version 99, known is \d+\)\.$/,
    )
  })

  test('what waits in the journal is told, by whoever has waited longest', async () => {
    const own = await server().createDatabase()
    const its = await fleetHome(own.env)
    const row = `INSERT INTO tokenctl.journal (part, key, text, mark, owner, is_answered, busy_until)
      SELECT 'journal', 'account/ebay:shop-' || n, 'torn', gen_random_uuid(), 'gone', false, now() + $1::interval * n
      FROM generate_series(1, $2::int) AS n`
    await own.sql(row, ['-1 minute', 7])
    await own.sql(
      "INSERT INTO tokenctl.journal_aside (name, text) VALUES ('journal account/ebay:main torn', 'x')",
    )
    await own.sql(
      "UPDATE tokenctl.journal SET key = 'account/ebay:busy', busy_until = now() + interval '1 hour' WHERE key = 'account/ebay:shop-1'",
    )
    const found = await look(its, own.env)
    const said = saidOf(found, 'journal')
    expect(said[0]).toBe('ok: 1 renewal is under way.')
    expect(said.slice(1, 6).map(each => /of (\S+) was cut off/.exec(each)?.[1])).toEqual(
      [7, 6, 5, 4, 3].map(n => `ebay:shop-${n}`),
    )
    expect(said[6]).toMatch(/^warning: 6 renewals wait to be finished; the 5 that/)
    expect(said[7]).toMatch(/moved aside: row "journal account\/ebay:main torn" of tokenctl\.journal_aside/)
    expect(said).toHaveLength(8)
  })

  test('that is not there: one problem, and all that hangs on it is skipped', async () => {
    const found = await look(home, { ...database.env, PGPORT: '1' })
    expect(wrongIn(found)).toEqual(['database problem'])
    expect(found.wrong[0]?.what).toMatch(/refused the connection/)
    expect(found.exit).toBe(5)
    expect(saidOf(found, 'vault')).toEqual(['skipped: Not tried: see `database`.'])
    expect(saidOf(found, 'journal')).toEqual(['skipped: Not looked at: the vault cannot be seen.'])
  })

  test('a clock that is wrong', async () => {
    const world = doctorWorld(home, { env: database.env })
    const { databaseChecks } = await import('../../../src/cli/doctor/database-check.ts')
    const { standOn } = await import('../../../src/cli/doctor/ground.ts')
    const parts = await world.vaultParts('doctor', { lockMs: 30 })
    const skewed = async (ms: number) => {
      const vaultParts = async () => ({ ...parts, clock: { now: () => Date.now() + ms } })
      const ground = await standOn(Object.assign(Object.create(world), { vaultParts }), false)
      const findings = await databaseChecks(ground)
      await ground.vault?.close()
      return findings.filter(({ id }) => id === 'clock').map(({ state, what }) => `${state}: ${what}`)
    }
    expect(await skewed(-10 * 60_000)).toEqual([
      'problem: The clock of this machine is 10 min behind that of the database: nothing is renewed or stored from here.',
    ])
    expect(await skewed(60_000)).toEqual([
      expect.stringMatching(
        /^warning: The clock of this machine is 1 min( 1 s)? ahead of that of the database\.$/,
      ),
    ])
    await world.close()
  })

  test('a replica', async () => {
    const standby = await server().startStandby()
    await standby.caughtUp()
    const env = { ...database.env, PGPORT: String(standby.port) }
    const found = await look(home, env)
    expect(wrongIn(found)).toEqual(['database problem'])
    expect(found.wrong[0]).toMatchObject({
      code: 'WRITE_FAILED',
      what: expect.stringContaining('read-only replica'),
    })
    expect(saidOf(found, 'vault')).toEqual(['skipped: Not tried: see `database`.'])
    expect(saidOf(found, 'accounts')).toEqual(['ok: 1 account; none needs a person.'])
    const primary = await look(home, database.env)
    expect(saidOf(primary, 'database')[3]).toMatch(/It does not wait for those that follow it/)
    await standby.remove()
  })

  test.skipIf(!hasPgbouncer())(
    'a pooler: of sessions all is well, of transactions locks would not hold',
    async () => {
      const sessions = await startPgbouncer(server(), { poolMode: 'session' })
      const found = await look(home, sessions.accessOf(database).env)
      expect(found.wrong).toEqual([])
      expect(saidOf(found, 'database')[1]).toBe(
        'ok: A pooler stands between, and keeps a connection to one program.',
      )
      const transactions = await startPgbouncer(server(), { poolMode: 'transaction' })
      const shared = await look(home, transactions.accessOf(database).env)
      expect(wrongIn(shared)).toEqual(['database problem'])
      expect(shared.wrong[0]?.mend).toContain('`pool_mode` to `session`')
      expect(shared.exit).toBe(5)
    },
  )
})

describe.skipIf(!hasPostgres())('over TLS', () => {
  const pair = localhostPair()
  const server = postgresForFile({
    fsync: false,
    ...(pair && { tls: { key: Buffer.from(pair.key), cert: Buffer.from(pair.cert) } }),
  })

  test.skipIf(pair === undefined)("whose name was proven, or nobody's", async () => {
    const folder = temporaryHome()
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, pair?.cert ?? '')
    const { env } = await server().createDatabase()
    const proven = {
      ...env,
      PGHOST: 'localhost',
      PGHOSTADDR: '127.0.0.1',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: ca,
    }
    const home = await fleetHome(proven)
    const found = await look(home, proven)
    expect(saidOf(found, 'database')[0]).toMatch(
      /answers, as tokenctl, over TLSv1\.3: the server of the certificate localhost\.$/,
    )
    expect(wrongIn(found)).toEqual(['database warning'])
    expect(found.wrong[0]?.what).toMatch(/^`fsync` is off: /)
    const open = await look(home, { ...env, PGSSLMODE: 'require' })
    expect(open.wrong[0]?.what).toMatch(/over TLSv1\.3, and nobody vouches that it is the right one\.$/)
    expect(open.exit).toBe(0)
  })
})
