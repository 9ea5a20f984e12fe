/**
 * A fleet for a journey: one database, simulated marketplaces, and machines that share one key. A machine is a home of its
 * own; which way leads it to the database is said by the environment of each run.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SeedAccount } from '../../src/simulator/seed.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Postgres, TestDatabase } from './postgres.ts'
import { endpoints, simulated, writeSettings } from './simulator.ts'
import { temporaryHome } from './temporary-home.ts'
import { type Run, type RunOptions, tokenctl } from './tokenctl.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface Machine {
  readonly home: string
  /** Runs the program there. */
  run(args: readonly string[], options?: RunOptions): Promise<Run>
  /** The same, of a run that has to end well. */
  must(args: readonly string[], options?: RunOptions): Promise<Run>
}

export interface MachineOptions {
  /** In the place of the variables that lead to the database. */
  readonly env?: Env
  /** In the place of the fleet's key; null: none. */
  readonly key?: Uint8Array | null
  readonly settings?: Readonly<Record<string, string>>
}

/** Something that a run left in the database. */
export interface Left {
  readonly what: 'lock' | 'claim' | 'journal' | 'asked'
  readonly which: string
}

export interface FleetHomes {
  readonly database: TestDatabase
  readonly simulator: Simulator
  /** The key of the fleet; each machine has it in `<home>/vault.key`. */
  readonly key: Uint8Array
  /** Another machine, which has stored nothing. */
  machine(options?: MachineOptions): Machine
  /** Everything that the database holds, as text. */
  dump(): Promise<string>
  /** What runs leave behind when they should not: locks, claims, what is on its way. */
  leftBehind(): Promise<readonly Left[]>
  /** How often the marketplaces were asked for a token. */
  asked(): number
  /** Every text that no message may hold. */
  secrets(): readonly string[]
}

/** Makes one in a database of its own. `accounts`: what the marketplaces have, or those themselves. */
export async function fleetHomes(
  server: Pick<Postgres, 'createDatabase'>,
  accounts: readonly SeedAccount[] | Simulator,
): Promise<FleetHomes> {
  const database = await server.createDatabase()
  const simulator = 'market' in accounts ? accounts : await simulated(accounts)
  const key = randomBytes(32)
  const tables = () =>
    database.sql<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'tokenctl' ORDER BY tablename",
    )
  return {
    database,
    simulator,
    key,
    machine: ({ env = database.env, key: own = key, settings = {} } = {}) => {
      const home = temporaryHome()
      if (own !== null) writeFileSync(join(home, 'vault.key'), own, { mode: 0o600 })
      writeSettings(home, { store: 'postgres', ...endpoints(simulator.origin), ...settings })
      const run = (args: readonly string[], options: RunOptions = {}) =>
        tokenctl(args, { home, ...options, env: { ...env, ...options.env } })
      const must = async (args: readonly string[], options: RunOptions = {}) => {
        const made = await run(args, options)
        if (made.status !== 0)
          throw new Error(`${args.join(' ')}: ${made.status}\n${made.stdout}\n${made.stderr}`)
        return made
      }
      return { home, run, must }
    },
    dump: async () => {
      const texts: string[] = []
      for (const { name } of await tables()) {
        const rows = await database.sql(`SELECT t::text AS row FROM tokenctl.${name} AS t ORDER BY 1`)
        texts.push(`${name} ${JSON.stringify(rows)}`)
      }
      return texts.join('\n')
    },
    leftBehind: () =>
      database.sql(`SELECT 'lock' AS what, classid::text || objid::text AS which FROM pg_locks WHERE locktype = 'advisory'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL SELECT 'claim', key FROM tokenctl.claim UNION ALL SELECT part, key FROM tokenctl.journal`),
    asked: () => simulator.requests().length,
    secrets: () => {
      const { apps, accounts: sold } = simulator.importDocument()
      const keys = apps.flatMap(each => [each.keys['clientSecret'], each.keys['appSecret']])
      const tokens = [...simulator.market.accounts.values()].flatMap(each =>
        each.access.map(({ text }) => text),
      )
      const password = encodeURIComponent(database.password)
      return [
        ...sold.map(({ refreshToken }) => refreshToken),
        ...keys,
        ...tokens,
        database.password,
        password,
      ].filter(each => each !== undefined)
    },
  }
}

/** A home with everything that the marketplaces have. */
export async function importAll({ simulator }: FleetHomes, machine: Machine): Promise<void> {
  await machine.must(['import'], { input: JSON.stringify(simulator.importDocument()) })
}

/** The text of a machine's settings, to change one. */
export function withSettings({ home }: Machine, change: Readonly<Record<string, string>>): void {
  writeSettings(home, { ...JSON.parse(readFileSync(join(home, 'config.json'), 'utf8')), ...change })
}
