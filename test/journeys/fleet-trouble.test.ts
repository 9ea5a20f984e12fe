/**
 * What is wrong with a fleet's database, its key or a machine's clock, by the built program: the message names the thing, the
 * place and the mend, the exit status is the documented one, nobody is asked, and not one row is another than before.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ERROR_CODES, type ErrorCode } from '../../src/errors.ts'
import { type FleetHomes, fleetHomes, importAll, type Machine } from '../support/fleet-homes.ts'
import { hasProgram } from '../support/needed-program.ts'
import { startPgbouncer } from '../support/pgbouncer.ts'
import { hasPgbouncer, hasPostgres, postgresForFile } from '../support/postgres.ts'
import { shop } from '../support/simulator.ts'
import { BIN, ended, environmentOf, NODE, type Run } from '../support/tokenctl.ts'

const SHOPS = () => [shop('ebay:main', 120, 547), shop('amazon:main', 30, 365, { region: 'na' })]

/** What a person waits at the most for a database that does not answer: ten seconds, and the program's own start. */
const SOON_MS = 12_000

interface Trouble {
  readonly code: ErrorCode
  readonly says: RegExp
  readonly fix: RegExp
}

/** A statement, or a value of one, is nothing to show. `GRANT` is one to type. */
const SQL = /\b(FROM|WHERE|VALUES|unnest|pg_[a-z]+\(|\$\d|DETAIL|QUERY|syntax)\b/

describe.skipIf(!hasPostgres())('a fleet in trouble', () => {
  const server = postgresForFile({ fsync: false })

  async function made(): Promise<{ fleet: FleetHomes; machine: Machine }> {
    const fleet = await fleetHomes(server(), SHOPS())
    const machine = fleet.machine()
    await importAll(fleet, machine)
    return { fleet, machine }
  }

  /** A run that is refused as a whole, or in the line of its one account. */
  function expectTrouble(run: Run, { code, says, fix }: Trouble, fleet: FleetHomes): void {
    const text = run.stdout + run.stderr
    expect({ text, status: run.status }).toMatchObject({ status: ERROR_CODES[code].exit })
    expect(text).toMatch(says)
    expect(text).toMatch(fix)
    expect(text).toMatch(/\n? *Fix: \S/)
    expect(text).not.toMatch(SQL)
    expectNoSecret(text, fleet)
  }

  function expectNoSecret(text: string, fleet: FleetHomes): void {
    for (const secret of fleet.secrets()) expect(text).not.toContain(secret)
  }

  /** Each of these commands is refused so, and leaves everything as it was. */
  async function refused(
    fleet: FleetHomes,
    machine: Machine,
    commands: readonly (readonly string[])[],
    trouble: Trouble,
  ): Promise<void> {
    const [before, asked] = [await fleet.dump(), fleet.asked()]
    for (const args of commands) expectTrouble(await machine.run(args), trouble, fleet)
    expect(await fleet.dump()).toBe(before)
    expect(fleet.asked()).toBe(asked)
  }

  const RENEW = ['renew', 'ebay:main']
  const TRACK = ['track', 'ebay:new', '--consented', '2026-08-01']
  const LOOKS = [['status'], ['accounts', 'list'], ['status', '--format', 'jsonl']] as const

  async function looks(machine: Machine): Promise<void> {
    for (const args of LOOKS) {
      const run = await machine.must(args)
      expect(run.stdout).toContain('main')
    }
  }

  describe('the tables', () => {
    test('of a newer program: no command takes them', async () => {
      const { fleet, machine } = await made()
      await fleet.database.sql("INSERT INTO tokenctl.migration (version, applied_by) VALUES (99, 'newer')")
      await refused(
        fleet,
        machine,
        [['status'], RENEW, TRACK, ['token', 'ebay:main'], ['worker', '--once']],
        {
          code: 'VAULT_UNAVAILABLE',
          says: /A newer tokenctl made the tables at 127\.0\.0\.1:\d+\/test_\w+ \(schema version 99, known is \d+\)\./,
          fix: /Update tokenctl on this machine\. Nothing was changed\./,
        },
      )
    })

    const age = (fleet: FleetHomes) =>
      fleet.database.sql(
        'DROP TABLE tokenctl.claim, tokenctl.sent, tokenctl.rate; ALTER TABLE tokenctl.vault DROP COLUMN IF EXISTS move; DELETE FROM tokenctl.migration WHERE version > 1',
      )
    const versions = (fleet: FleetHomes) =>
      fleet.database.sql('SELECT version FROM tokenctl.migration ORDER BY 1')

    test('of an older program: brought up by the first command, and not while somebody is at work with them', async () => {
      const { fleet, machine } = await made()
      const now = await versions(fleet)
      await age(fleet)
      // The older program at work: it passed the gate, as whoever may present a token has.
      const gate = "hashtextextended('tokenctl/gate', 0)"
      const other = await atWork(server(), fleet, `SELECT pg_advisory_lock_shared(${gate})`)
      await refused(fleet, machine, [['status'], RENEW], {
        code: 'LOCK_HELD',
        says: /The tables at \S+ are to be brought to version \d+, and other tokenctl programs are at work with them\./,
        fix: /Stop the workers on all machines/,
      })
      await other.end()
      await looks(machine)
      expect(await versions(fleet)).toEqual(now)
      await machine.must(RENEW)
    })

    test('of an older program, and a user who may not change them', async () => {
      const { fleet, machine } = await made()
      await age(fleet)
      const { env } = await looker(fleet)
      await refused(fleet, machineBy(fleet, machine, env), [['status'], RENEW], {
        code: 'VAULT_UNAVAILABLE',
        says: /does not let this user/,
        fix: /run `tokenctl status` once as their owner/,
      })
    })

    test('gone, where records rested: nothing is called empty, and nothing begins anew', async () => {
      const { fleet, machine } = await made()
      await fleet.database.sql('DROP SCHEMA tokenctl CASCADE')
      for (const args of [['status'], RENEW, TRACK, ['renew', '--all', '--due']])
        expectTrouble(
          await machine.run(args),
          {
            code: 'VAULT_UNAVAILABLE',
            says: /There are no tables of tokenctl at 127\.0\.0\.1:\d+\/test_\w+\./,
            fix: /Records were stored from here before: look whether it is the right database\./,
          },
          fleet,
        )
      expect(await fleet.database.sql("SELECT FROM pg_namespace WHERE nspname = 'tokenctl'")).toEqual([])
      expect(fleet.asked()).toBe(0)
    })
  })

  test('a row whose revision somebody changed: nobody is asked, since the answer could not be stored', async () => {
    const { fleet, machine } = await made()
    await fleet.database.sql("UPDATE tokenctl.record SET revision = revision + 7 WHERE name = 'main'")
    await refused(fleet, machine, [RENEW], {
      code: 'RECORD_UNREADABLE',
      says: /The row account\/ebay:main of tokenctl\.record at \S+ has another revision than its head\./,
      fix: /Restore it from a backup, or set its `revision` to 1 there\./,
    })
    await fleet.database.sql("UPDATE tokenctl.record SET revision = 1 WHERE name = 'main'")
    await machine.must(RENEW)
  })

  /** A role that may look at everything, and what more is said. */
  const looker = (fleet: FleetHomes, ...more: string[]) =>
    server().createRole({
      database: fleet.database.database,
      grants: ['USAGE ON SCHEMA tokenctl', 'SELECT ON ALL TABLES IN SCHEMA tokenctl', ...more],
    })

  /** The same machine, led to the database in another way. */
  const machineBy = (
    fleet: FleetHomes,
    { run: _, ...machine }: Machine,
    env: Readonly<Record<string, string>>,
  ) => {
    const again = fleet.machine({ env })
    return { ...machine, run: again.run, must: again.must }
  }

  describe('a user', () => {
    test('who may only look: status works, and a renewal says what is to be granted', async () => {
      const { fleet } = await made()
      const { env } = await looker(fleet)
      const machine = fleet.machine({ env })
      await looks(machine)
      await refused(
        fleet,
        machine,
        [RENEW, ['renew', '--all', '--due'], ['accounts', 'rename', 'ebay:main', 'ebay:x']],
        {
          code: 'VAULT_UNAVAILABLE',
          says: /The database 127\.0\.0\.1:\d+\/test_\w+ does not let this user store records \(INSERT and UPDATE on table record\)\./,
          fix: /`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tokenctl`/,
        },
      )
    })

    test('who may keep a journal and store no record: nobody is asked either', async () => {
      const { fleet } = await made()
      const { env } = await looker(
        fleet,
        'INSERT, UPDATE, DELETE ON tokenctl.journal, tokenctl.claim, tokenctl.sent',
      )
      await refused(fleet, fleet.machine({ env }), [RENEW], {
        code: 'VAULT_UNAVAILABLE',
        says: /does not let this user store records/,
        fix: /GRANT/,
      })
    })

    test('who may store records and keep no journal', async () => {
      const { fleet } = await made()
      const { env } = await looker(fleet, 'INSERT, UPDATE, DELETE ON tokenctl.record')
      await refused(fleet, fleet.machine({ env }), [RENEW], {
        code: 'VAULT_UNAVAILABLE',
        says: /does not let this user .*\(table journal, 42501\)/,
        fix: /GRANT/,
      })
    })

    test('who may do what is granted: everything works', async () => {
      const { fleet } = await made()
      const { env } = await looker(fleet, 'INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tokenctl')
      const machine = fleet.machine({ env })
      await machine.must(RENEW)
      await machine.must(['worker', '--once'])
    })

    test('who may make no tables, at the first write', async () => {
      const fleet = await fleetHomes(server(), SHOPS())
      const { env } = await server().createRole({ database: fleet.database.database })
      const machine = fleet.machine({ env })
      await machine.must(['status'])
      const input = JSON.stringify(fleet.simulator.importDocument())
      const run = await machine.run(['import'], { input })
      expectTrouble(
        run,
        {
          code: 'VAULT_UNAVAILABLE',
          says: /does not let this user/,
          fix: /GRANT CREATE ON DATABASE/,
        },
        fleet,
      )
      expect(await fleet.database.sql("SELECT FROM pg_namespace WHERE nspname = 'tokenctl'")).toEqual([])
    })

    test('whose password is wrong, and who is not there', async () => {
      const { fleet } = await made()
      const password = 'CNRY-wrong'
      const wrong = fleet.machine({ env: { ...fleet.database.env, PGPASSWORD: password } })
      await refused(fleet, wrong, [['status'], RENEW], {
        code: 'VAULT_UNAVAILABLE',
        says: /The database \S+ refused the password \(28P01\)\./,
        fix: /Check the user and the password/,
      })
      expect((await wrong.run(['status'])).stderr).not.toContain(password)
    })

    test('whose transactions may only read', async () => {
      const { fleet } = await made()
      const { env, user } = await looker(fleet, 'INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tokenctl')
      await server().sql(`ALTER ROLE "${user}" SET default_transaction_read_only = on`)
      const machine = fleet.machine({ env })
      await looks(machine)
      await refused(fleet, machine, [RENEW], {
        code: 'WRITE_FAILED',
        says: /takes no writing: it is a read-only replica, or was set so \(25006\)/,
        fix: /Name the server that takes writes/,
      })
    })
  })

  describe('the key', () => {
    const WRONG = {
      code: 'RECORD_UNREADABLE',
      says: /The records at \S+ are sealed with the key [0-9a-f]{8}, and \S+vault\.key is the key [0-9a-f]{8}\./,
      fix: /Give this machine the fleet's own key/,
    } as const

    test('another one: names and dates are shown, nobody is asked, nothing is written', async () => {
      const { fleet } = await made()
      const machine = fleet.machine({ key: randomBytes(32) })
      await looks(machine)
      await refused(
        fleet,
        machine,
        [RENEW, ['renew', '--all', '--due'], ['token', 'ebay:main'], ['status', '--verify']],
        WRONG,
      )
      await refused(fleet, machine, [TRACK], WRONG)
      const input = JSON.stringify({
        version: 1,
        accounts: [{ account: 'ebay:third', refreshToken: 'v^1.1#abcdefgh' }],
      })
      const before = await fleet.dump()
      expectTrouble(await machine.run(['import'], { input }), WRONG, fleet)
      expect(await fleet.dump()).toBe(before)
    })

    test('none: the same, and none is made', async () => {
      const { fleet } = await made()
      const machine = fleet.machine({ key: null })
      await looks(machine)
      await refused(fleet, machine, [RENEW, TRACK], {
        code: 'VAULT_UNAVAILABLE',
        says: /The fleet's key is not on this machine: \S+vault\.key\./,
        fix: /Copy the key [0-9a-f]{8} there, mode 600, or name it/,
      })
      expect((await machine.run(['doctor', '--offline'])).stdout).toMatch(
        /PROBLEM +key: The fleet's key is not on this/,
      )
    })
  })

  test('tables into which only the records were restored keep to the key of those', async () => {
    const { fleet, machine } = await made()
    await fleet.database.sql('UPDATE tokenctl.vault SET key_id = NULL')
    const other = fleet.machine({ key: null })
    await refused(fleet, other, [TRACK], {
      code: 'VAULT_UNAVAILABLE',
      says: /The fleet's key is not on this machine: \S+vault\.key\./,
      fix: /Copy the key [0-9a-f]{8} there/,
    })
    await machine.must(RENEW)
  })

  test('a read-only replica: status works there, and a renewal asks nobody', async () => {
    const { fleet } = await made()
    const standby = await server().startStandby()
    await standby.caughtUp()
    const machine = fleet.machine({ env: { ...fleet.database.env, PGPORT: String(standby.port) } })
    await looks(machine)
    await refused(fleet, machine, [RENEW, TRACK], {
      code: 'WRITE_FAILED',
      says: /127\.0\.0\.1:\d+\/test_\w+ is a read-only replica\./,
      fix: /give everything else the address of the primary/,
    })
    // Where it is made the primary, the same machine goes on.
    await standby.promote()
    await machine.must(RENEW)
    await standby.remove()
  })

  test.skipIf(!hasProgram('faketime'))(
    'a machine ten minutes off: it sees everything and writes nothing',
    async () => {
      const { fleet, machine } = await made()
      const at = (shift: string, args: readonly string[]): Promise<Run> => {
        const env = environmentOf({ home: machine.home, env: fleet.database.env })
        const child = spawn('faketime', ['-f', shift, NODE, BIN, ...args], { env })
        child.stdin.end()
        return ended(child)
      }
      for (const [shift, way] of [
        ['+10m', 'ahead of'],
        ['-10m', 'behind'],
      ] as const) {
        const skewed = { ...machine, run: (args: readonly string[]) => at(shift, args) }
        expect(await skewed.run(['status'])).toMatchObject({
          status: 0,
          stdout: expect.stringContaining('renew ebay:main'),
        })
        await refused(fleet, skewed, [RENEW, ['renew', '--all', '--due'], ['worker', '--once'], TRACK], {
          code: 'CLOCK_WRONG',
          says: new RegExp(`The clock of this machine is (599|60\\d) s ${way} that of the database`),
          fix: /Set the clock/,
        })
        const { stdout } = await skewed.run(['doctor', '--offline'])
        expect(stdout).toMatch(
          new RegExp(`PROBLEM +clock: The clock of this machine is (10 min|9 min 5\\d s).* ${way} that of`),
        )
        expect(stdout).toMatch(/skipped +vault: Not tried: see `clock`\./)
      }
      // A minute is nobody's trouble.
      expect(await at('+1m', RENEW)).toMatchObject({ status: 0 })
    },
  )

  describe('the way there', () => {
    const down = {
      code: 'VAULT_UNAVAILABLE',
      says: /The database 127\.0\.0\.1:\d+\/test_\w+ refused the connection/,
      fix: /See whether the server runs there/,
    } as const

    test('the server is down, then up again', async () => {
      const { fleet, machine } = await made()
      const before = await fleet.dump()
      await server().stop('fast')
      try {
        for (const args of [['status'], RENEW]) {
          const begun = Date.now()
          expectTrouble(await machine.run(args), down, fleet)
          expect(Date.now() - begun).toBeLessThan(SOON_MS)
        }
        const found = await machine.run(['doctor', '--offline'])
        expect(found.status).toBe(5)
        expect(found.stdout).toMatch(/PROBLEM +database: The database \S+ refused the connection/)
      } finally {
        await server().start()
      }
      expect(await fleet.dump()).toBe(before)
      await machine.must(RENEW)
    })

    test('somebody takes connections and says nothing: given up within twelve seconds', async () => {
      const { fleet } = await made()
      const port = await silent()
      const machine = fleet.machine({ env: { ...fleet.database.env, PGPORT: String(port) } })
      const begun = Date.now()
      const runs = await Promise.all([machine.run(['status']), machine.run(RENEW)])
      expect(Date.now() - begun).toBeLessThan(SOON_MS)
      for (const run of runs)
        expectTrouble(
          run,
          { code: 'VAULT_UNAVAILABLE', says: /did not answer in time/, fix: /See whether it is overloaded/ },
          fleet,
        )
      expect(fleet.asked()).toBe(0)
    })

    test('no TLS where it was asked for', async () => {
      const { fleet } = await made()
      const machine = fleet.machine({ env: { ...fleet.database.env, PGSSLMODE: 'verify-full' } })
      await refused(fleet, machine, [['status'], RENEW], {
        code: 'VAULT_UNAVAILABLE',
        says: /The database \S+ offers no TLS\./,
        fix: /Turn it on there \(`ssl = on`\)/,
      })
    })

    test('no such database, a word that PostgreSQL does not know, a port that is none', async () => {
      const { fleet } = await made()
      const { env } = fleet.database
      await refused(fleet, fleet.machine({ env: { ...env, PGDATABASE: 'nosuch' } }), [['status'], RENEW], {
        code: 'VAULT_UNAVAILABLE',
        says: /The database 127\.0\.0\.1:\d+\/nosuch is not there \(3D000\)\./,
        fix: /createdb/,
      })
      for (const [name, value, says] of [
        ['PGSSLMODE', 'maybe', /PGSSLMODE/],
        ['PGPORT', '99999', /PGPORT/],
        ['PGSERVICE', 'nosuch', /nosuch/],
      ] as const)
        await refused(fleet, fleet.machine({ env: { ...env, [name]: value } }), [['status'], RENEW], {
          code: 'SETTINGS_INVALID',
          says,
          fix: /./,
        })
    })

    test.skipIf(!hasPgbouncer())('a pooler of transactions: nobody is asked over it', async () => {
      const { fleet } = await made()
      const pooler = await startPgbouncer(server(), { poolMode: 'transaction' })
      const machine = fleet.machine({ env: pooler.accessOf(fleet.database).env })
      const holder = await atWork(
        pooler,
        fleet,
        "SELECT pg_advisory_lock_shared(hashtextextended('tokenctl/gate', 0))",
      )
      await refused(fleet, machine, [RENEW], {
        code: 'VAULT_UNAVAILABLE',
        says: /gives several programs one connection to the database, and locks would not hold/,
        fix: /pool_mode/,
      })
      await holder.end()
    })
  })
})

/** A program that is at the database and has said something there. */
async function atWork(
  way: { readonly port: number },
  { database }: FleetHomes,
  text: string,
): Promise<{ end(): Promise<void> }> {
  const { default: pg } = await import('pg')
  const { user, password } = database
  const client = new pg.Client({
    host: '127.0.0.1',
    port: way.port,
    user,
    password,
    database: database.database,
  })
  client.on('error', () => undefined)
  await client.connect()
  await client.query(text)
  const end = () => client.end()
  onTestFinished(end)
  return { end }
}

/** A port that takes connections and never says a word. */
async function silent(): Promise<number> {
  const sockets = new Set<Socket>()
  const door = createServer(socket => void sockets.add(socket))
  await new Promise<void>(resolve => door.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    door.close()
  })
  return (door.address() as AddressInfo).port
}
