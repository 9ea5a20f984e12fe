/** Workers of two machines over one real database: they divide the work, share a quota, and outlive the database's absence. */

import { copyFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { addDuration } from '../../src/tokens/time.ts'
import { hasPostgres, postgresForFile } from '../support/postgres.ts'
import { endpoints, shop, simulated, writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { ended, startTokenctl, tokenctl } from '../support/tokenctl.ts'

const DUE = { renewedAt: addDuration(Date.now(), { months: -4 }) }
const due = (count: number) =>
  Array.from({ length: count }, (_, index) => shop(`ebay:shop-${index}`, 200, 547, DUE))

type Env = Readonly<Record<string, string>>

/** Two machines over a database that holds every account of the simulator. */
async function machines(simulator: Simulator, env: Env) {
  const homes = [temporaryHome(), temporaryHome()] as const
  for (const home of homes) writeSettings(home, { store: 'postgres', ...endpoints(simulator.origin) })
  const [first, second] = homes
  const input = JSON.stringify(simulator.importDocument())
  expect(await tokenctl(['import'], { home: first, env, input })).toMatchObject({ status: 0 })
  copyFileSync(`${first}/vault.key`, `${second}/vault.key`)
  return homes
}

describe.skipIf(!hasPostgres())('over one database', () => {
  const postgres = postgresForFile({ fsync: false })

  test('two workers renew every account once, and count together', async () => {
    const { env, sql } = await postgres().createDatabase()
    const simulator = await simulated(due(120))
    const homes = await machines(simulator, env)
    const words = ['worker', '--once', '--no-spread', '--json', '--concurrency', '16']
    const runs = await Promise.all(homes.map(home => tokenctl(words, { home, env })))
    for (const run of runs) expect(run).toMatchObject({ status: 0, stderr: '' })
    const ends = runs.map(({ stdout }) => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}'))
    expect(ends.reduce((sum, { renewed }) => sum + renewed, 0)).toBe(120)
    expect(simulator.requests()).toHaveLength(120)
    expect(new Set(simulator.requests().map(({ account }) => account)).size).toBe(120)
    expect(await sql('SELECT app, count::int AS count FROM tokenctl.sent')).toEqual([
      { app: 'ebay.default.local', count: 120 },
    ])
    const status = await tokenctl(['status', '--json'], { home: homes[1], env })
    const { accounts } = JSON.parse(status.stdout) as { accounts: { state: string }[] }
    expect(accounts.filter(({ state }) => state === 'ok')).toHaveLength(120)
  })

  test('a database that goes away and comes back ends no worker', async () => {
    const { env } = await postgres().createDatabase()
    const simulator = await simulated(due(3))
    const [home] = await machines(simulator, env)
    const words = ['worker', '--json', '--poll', '1s', '--listen', '127.0.0.1:0']
    const child = startTokenctl(words, { home, env })
    onTestFinished(() => void child.kill('SIGKILL'))
    const over = ended(child)
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const until = async (wanted: (line: Record<string, unknown>) => boolean) => {
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) throw new Error('It ended.')
        const line = JSON.parse(value) as Record<string, unknown>
        if (wanted(line)) return line
      }
    }
    const { port } = await until(({ kind }) => kind === 'start')
    const health = async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).status
    await until(({ renewed }) => renewed === 3)
    expect(await health()).toBe(200)
    await postgres().stop('fast')
    await until(({ trouble }) => trouble === 'VAULT_UNAVAILABLE')
    expect(await health()).toBe(503)
    await postgres().start()
    await expect.poll(health, { timeout: 20_000, interval: 100 }).toBe(200)
    child.kill('SIGTERM')
    const { status, stderr } = await over
    expect(status).toBe(0)
    expect(stderr.match(/\[VAULT_UNAVAILABLE\] Trying again/g)).toHaveLength(1)
    expect(stderr).toContain('The store answers again.')
  }, 60_000)
})
