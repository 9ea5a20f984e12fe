/** What `pg` takes from the process by itself stays out: the place is what was handed in. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, expect, it, vi } from 'vitest'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { addressOf } from '../../../src/vault/postgres/address.ts'
import { withoutAmbient } from '../../../src/vault/postgres/ambient.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

afterEach(() => vi.unstubAllEnvs())

/** What `pg` is handed, for whoever has no files of libpq's at home. */
function configOf(env: Readonly<Record<string, string>>, homeDir = temporaryHome()) {
  return addressOf({ env, settings: {}, platform: 'linux', homeDir, files: createNodeFiles() }).config
}

/** Everything that a server is told, and where it is looked for. */
function told(env: Readonly<Record<string, string>>) {
  const config = configOf(env)
  const client = withoutAmbient(new Client(config), config)
  const start: unknown = Reflect.get(client, 'getStartupConf').call(client)
  const { ssl, sslnegotiation } = Reflect.get(client, 'connectionParameters')
  return {
    host: client.host,
    port: client.port,
    user: client.user,
    database: client.database,
    start,
    ssl,
    sslnegotiation,
  }
}

it('names every variable that this version of it reads', () => {
  // A new one in a later version: see whether it is handed over, and add it below.
  expect(told({ PGUSER: 'me' })).toEqual({
    host: '/var/run/postgresql',
    port: 5432,
    user: 'me',
    database: 'me',
    ssl: false,
    sslnegotiation: 'postgres',
    start: { user: 'me', database: 'me' },
  })
})

it.each([
  'PGHOST',
  'PGPORT',
  'PGUSER',
  'PGDATABASE',
  'PGPASSWORD',
  'PGBINARY',
  'PGOPTIONS',
  'PGSSLMODE',
  'PGSSLNEGOTIATION',
  'PGCLIENT_ENCODING',
  'PGREPLICATION',
  'PGAPPNAME',
  'PGCONNECT_TIMEOUT',
  'PGFALLBACK_APPLICATION_NAME',
  'PGSTATEMENT_TIMEOUT',
  'PGLOCK_TIMEOUT',
  'PGQUERY_TIMEOUT',
])('%s of the process says nothing', name => {
  const before = told({ PGUSER: 'me' })
  vi.stubEnv(name, name === 'PGSSLMODE' ? 'require' : name === 'PGSSLNEGOTIATION' ? 'direct' : '7')
  expect(told({ PGUSER: 'me' })).toEqual(before)
})

it('says what was handed in', () => {
  expect(told({ PGUSER: 'me', PGOPTIONS: '-c geqo=off', PGAPPNAME: 'app' }).start).toEqual({
    user: 'me',
    database: 'me',
    options: '-c geqo=off',
    application_name: 'app',
  })
})

it('asks for a password by itself, and never by the package that `pg` brings for it', () => {
  const home = temporaryHome()
  mkdirSync(join(home, 'process'))
  const passwords = join(home, 'process', '.pgpass')
  writeFileSync(passwords, '*:*:*:*:of the process', { mode: 0o600 })
  vi.stubEnv('PGPASSFILE', passwords)
  vi.stubEnv('HOME', join(home, 'process'))
  const config = configOf({ PGUSER: 'me' }, home)
  // `pg` goes on to that package only where the password is empty.
  expect(typeof Reflect.get(Reflect.get(new Client(config), 'connectionParameters'), 'password')).toBe(
    'function',
  )
})
