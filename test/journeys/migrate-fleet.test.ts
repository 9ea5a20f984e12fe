/**
 * Three shops go from one machine's encrypted folder to a database that two machines share, under a new key there, and back:
 * with the built program, beside a worker, and killed in the middle. No token is spent twice and none is lost.
 */
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { migrateSchema } from '../../src/cli/shapes/migrate-shape.ts'
import { rekeySchema } from '../../src/cli/shapes/rekey-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import { until } from '../proof/crowd-locks.ts'
import { straceMissing, traced } from '../proof/traced.ts'
import { hasPostgres, postgresForFile, type TestDatabase } from '../support/postgres.ts'
import { connectedHome, endpoints, simulated, THREE_FRESH, writeSettings } from '../support/simulator.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'
import { ended, environmentOf, type Run, startTokenctl, tokenctl } from '../support/tokenctl.ts'

/** Each starts a dozen processes and more, which on a machine full of other work take ten times as long. */
const LIMIT = { timeout: 120_000 }

interface Machine {
  readonly home: string
  run(...args: string[]): Promise<Run>
}

/** Two machines: the first has three shops in its encrypted folder, the second has its key and chose the database. */
async function machines({ env }: TestDatabase) {
  const simulator = await simulated(THREE_FRESH())
  const homes = [await connectedHome(simulator), temporaryHome()] as const
  const [a, b] = homes.map((home): Machine => ({ home, run: (...args) => tokenctl(args, { home, env }) }))
  if (a === undefined || b === undefined) throw new Error('there are two')
  writeSettings(a.home, endpoints(simulator.origin))
  writeSettings(b.home, { store: 'postgres', ...endpoints(simulator.origin) })
  copyFileSync(join(a.home, 'vault.key'), join(b.home, 'vault.key'))
  return { a, b, simulator }
}

const storeOf = ({ home }: Machine) =>
  (JSON.parse(readFileSync(join(home, 'state', 'vault.json'), 'utf8')) as { store: string }).store

async function states(machine: Machine): Promise<unknown> {
  const { status, stdout, stderr } = await machine.run('status', '--verify', '--json')
  if (status === 5) return stdout + stderr
  return statusSchema.parse(JSON.parse(stdout)).accounts.map(({ state }) => state)
}
const ALL_OK = ['ok', 'ok', 'ok']

describe.skipIf(!hasPostgres())('over a database of two machines', LIMIT, () => {
  const postgres = postgresForFile({ fsync: false })

  test('there, under a new key, and back: one store is in use, and each machine knows which', async () => {
    const { a, b, simulator } = await machines(await postgres().createDatabase())
    const dry = migrateSchema.parse(
      JSON.parse((await a.run('migrate', '--to', 'postgres', '--dry-run', '--json')).stdout),
    )
    expect(dry).toMatchObject({ outcome: 'would-move', from: 'file', to: 'postgres', copies: null })
    const moved = await a.run('migrate', '--to', 'postgres', '--json')
    expect({ status: moved.status, stderr: moved.stderr }).toEqual({ status: 0, stderr: '' })
    expect(migrateSchema.parse(JSON.parse(moved.stdout))).toMatchObject({
      outcome: 'moved',
      accounts: ['aliexpress:main', 'amazon:main', 'ebay:main'],
      copies: { store: 'file', outcome: 'left' },
    })
    // Without the mark, the copies that are left must not be taken for the records.
    expect((await a.run('config', 'get', 'store')).stdout).toBe('postgres\n')
    expect((await b.run('renew', '--all')).status).toBe(0)
    expect((await a.run('renew', '--all')).status).toBe(0)
    expect(await states(b)).toEqual(ALL_OK)
    const removed = await a.run('migrate', '--remove-old')
    // The key of the folder is the fleet's now.
    expect([removed.stdout, removed.stderr]).toEqual([expect.stringMatching(/are removed/), ''])
    expect((await a.run('migrate', '--to', 'postgres')).stdout).toMatch(/nothing to move/)

    const sealed = await a.run('rekey', '--json')
    expect({ status: sealed.status, stderr: sealed.stderr }).toEqual({ status: 0, stderr: '' })
    const report = rekeySchema.parse(JSON.parse(sealed.stdout))
    const keyFile = join(a.home, 'vault.key.2')
    expect(report).toMatchObject({ outcome: 'sealed', store: 'postgres', records: 6, keyFile, warnings: [] })
    expect((await a.run('config', 'get', 'key-file')).stdout).toBe(`${keyFile}\n`)
    const before = simulator.requests().length
    const other = await b.run('renew', '--all')
    expect(other.status).toBe(5)
    expect(other.stdout + other.stderr).toContain(`sealed with the key ${report.keyId}`)
    expect(simulator.requests()).toHaveLength(before)
    copyFileSync(keyFile, join(b.home, 'second.key'))
    expect((await b.run('config', 'set', 'key-file', join(b.home, 'second.key'))).status).toBe(0)
    expect((await b.run('renew', '--all')).status).toBe(0)

    expect((await a.run('migrate', '--to', 'file', '--remove-old')).status).toBe(0)
    expect(await states(a)).toEqual(ALL_OK)
    const away = await b.run('renew', '--all')
    expect([away.status, away.stdout + away.stderr]).toEqual([
      5,
      expect.stringMatching(/were moved to another store/),
    ])
    expect((await a.run('renew', '--all')).status).toBe(0)
    expect(simulator.requests().length).toBeGreaterThan(before)
  })

  test('a worker on another machine is waited for; after it the new key holds', async () => {
    const database = await postgres().createDatabase()
    const { a, b } = await machines(database)
    expect((await a.run('migrate', '--to', 'postgres', '--remove-old')).status).toBe(0)
    const worker = startTokenctl(['worker', '--json', '--poll', '1s'], { home: b.home, env: database.env })
    onTestFinished(() => void worker.kill('SIGKILL'))
    const working = ended(worker)
    expect((await b.run('renew', 'ebay')).status).toBe(0)
    const holders = () =>
      database.sql(
        `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND mode = 'ShareLock'
          AND application_name = 'tokenctl worker'`,
      )
    const waiting = () =>
      database.sql(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'tokenctl rekey'`)
    const hasSome = async (rows: () => Promise<readonly unknown[]>) => (await rows()).length > 0
    await poll('the worker at work', () => hasSome(holders))
    const sealing = a.run('rekey', '--json')
    await poll('the one that seals', () => hasSome(waiting))
    worker.kill('SIGTERM')
    expect((await working).status).toBe(0)
    const { status, stderr, stdout } = await sealing
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(rekeySchema.parse(JSON.parse(stdout)).outcome).toBe('sealed')
    expect(await states(a)).toEqual(ALL_OK)
  })

  test.skipIf(straceMissing() !== undefined)(
    'killed at any word to the database, one store is in use or none, and the same again finishes',
    { timeout: 1_800_000 },
    async () => {
      const database = await postgres().createDatabase()
      const { a, b } = await machines(database)
      const runEnv = environmentOf({ home: a.home, env: database.env })
      const { path: logs, remove } = makeHome()
      onTestFinished(remove)
      const all = async (words: readonly string[], undo?: readonly string[]) => {
        const watched = await traced(words, runEnv, join(logs, 'watched'))
        expect([words, watched.status, watched.stderr]).toEqual([words, 0, expect.anything()])
        const said = watched.calls.filter(
          ({ name, on }) => /^(write|send)/.test(name) && /socket|TCP/.test(on ?? ''),
        )
        expect(said.length).toBeGreaterThan(10)
        // All of them: PROOF_EVERY=1.
        const every = Number(process.env['PROOF_EVERY'] ?? Math.ceil(said.length / 4))
        for (const { name, nth } of said.filter((_, at) => at % every === every - 1)) {
          const where = [words.join(' '), name, nth]
          if (undo !== undefined) expect([where, (await a.run(...undo)).status]).toEqual([where, 0])
          await traced(words, runEnv, join(logs, 'killed'), { injection: { name, nth, what: 'SIGKILL' } })
          await expectOneInUse(where)
          const again = await a.run(...words)
          expect([where, again.status, again.stderr.replace(/^(Next|Note): .*\n/gm, '')]).toEqual([
            where,
            0,
            '',
          ])
          expect([where, await states(a)]).toEqual([where, ALL_OK])
          expect([where, (await a.run('renew', '--all')).status]).toEqual([where, 0])
        }
      }
      const expectOneInUse = async (where: readonly unknown[]) => {
        const here = await states(a)
        const cutOff = expect.stringMatching(/finishes it|is the key/)
        expect([where, here]).toEqual([where, typeof here === 'string' ? cutOff : ALL_OK])
        // While this machine uses its own folder, the other one has nothing to use.
        if (storeOf(a) === 'file') expect([where, await states(b)]).not.toEqual([where, ALL_OK])
      }
      const [there, back] = [
        ['migrate', '--to', 'postgres'],
        ['migrate', '--to', 'file'],
      ]
      await all(there, back)
      expect((await a.run('migrate', '--remove-old')).status).toBe(0)
      await all(['rekey'])
      await all(back, there)
    },
  )
})

/** Looks again and again; the test's own limit ends it. */
async function poll(what: string, isSo: () => Promise<boolean>): Promise<void> {
  let is = false
  let isLooking = false
  const look = async () => {
    isLooking = true
    is = await isSo()
    isLooking = false
  }
  await until(what, () => {
    if (!isLooking) void look()
    return is
  })
}
