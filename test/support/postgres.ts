/**
 * A real PostgreSQL of a test's own: on a free port of 127.0.0.1 and a socket in its own folder, gone with the test
 * however that ends. Never touches a server that it did not start, nor the environment of this process.
 *
 * @example
 * const postgres = postgresForFile()                       // at the top of a file, or of a describe
 * const database = await postgres().createDatabase()        // in a test: empty, and its own
 * await tokenctl(['status'], { home, env: database.env })
 */
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type Postgres, type PostgresOptions, startPostgres } from './postgres/start.ts'

export type { Access } from './postgres/access.ts'
export type { PostgresServer, Settings, StopMode } from './postgres/cluster.ts'
export { hasPgbouncer, hasPostgres } from './postgres/programs.ts'
export type { Standby, StandbyOptions } from './postgres/standby.ts'
export type { Postgres, PostgresOptions, RoleOptions, TestDatabase } from './postgres/start.ts'
export { startPostgres } from './postgres/start.ts'

/** The same within a test, or a `beforeEach`: removed when the test is over. */
export async function temporaryPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const postgres = await startPostgres(options)
  onTestFinished(() => postgres.remove())
  return postgres
}

/**
 * The same for a whole file or `describe`: started before its first test, removed after its last. What comes back gives
 * the server, once there is one.
 */
export function postgresForFile(options: PostgresOptions = {}): () => Postgres {
  let postgres: Postgres | undefined
  beforeAll(async () => {
    postgres = await startPostgres(options)
  })
  afterAll(async () => await postgres?.remove())
  return () => {
    if (postgres === undefined) throw new Error('The server is there from the first test on, not before.')
    return postgres
  }
}
