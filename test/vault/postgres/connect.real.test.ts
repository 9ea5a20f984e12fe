/** Real servers: what is wrong is told in our words, and what `sslmode` says is what happens on the wire. */
import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { addressOf, type PostgresAddress } from '../../../src/vault/postgres/address.ts'
import { Connection } from '../../../src/vault/postgres/connection.ts'
import { isConnectionGone } from '../../../src/vault/postgres/problems.ts'
import { localhostPair } from '../../support/mail-sink.ts'
import { startPgbouncer } from '../../support/pgbouncer.ts'
import { hasPgbouncer, hasPostgres, type Postgres, postgresForFile } from '../../support/postgres.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

type Env = Readonly<Record<string, string>>

const address = (
  env: Env,
  settings: { readonly urlFile?: string; readonly service?: string } = {},
): PostgresAddress =>
  addressOf({ env, settings, platform: process.platform, homeDir: temporaryHome(), files: createNodeFiles() })

/** Opens a connection, closed again after the work. */
async function within<T>(
  env: Env,
  work: (connection: Connection) => Promise<T>,
  at = address(env),
): Promise<T> {
  const connection = await Connection.open(at, 'tokenctl-test')
  try {
    return await work(connection)
  } finally {
    await connection.close()
  }
}

/** Whether the connection is encrypted, as the server sees it, and who the client is by its certificate. */
const seen = (env: Env) =>
  within(env, async connection => {
    const [row] = await connection.rows<{ ssl: boolean; client: string | null }>({
      text: 'SELECT ssl, client_dn AS client FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    })
    return row
  })

const encrypted = async (env: Env) => (await seen(env))?.ssl

const failure = (message: RegExp | string, fix?: RegExp) =>
  expect.objectContaining({
    code: 'VAULT_UNAVAILABLE',
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
    ...(fix && { fix: expect.stringMatching(fix) }),
  })

/** Replaces who may log in how. */
async function allow(postgres: Postgres, lines: readonly string[]): Promise<void> {
  const path = join(postgres.socket, 'data', 'pg_hba.conf')
  writeFileSync(path, ['local all all trust', ...lines, ''].join('\n'))
  await postgres.sql('SELECT pg_reload_conf()')
}

describe.skipIf(!hasPostgres())('a server without TLS', () => {
  const server = postgresForFile({ fsync: false })

  it('is reached by the variables, by an address in a file, by a service, by its socket, with a password file', async () => {
    const { env, socket, port, user, password, database } = server()
    const whoami = async (connection: Connection) =>
      (
        await connection.rows<{ u: string; d: string }>({
          text: 'SELECT current_user::text AS u, current_database()::text AS d',
        })
      )[0]
    const expected = { u: user, d: database }
    expect(await within(env, whoami)).toEqual(expected)

    const home = temporaryHome()
    const urlFile = join(home, 'url')
    writeFileSync(urlFile, `${server().url()}\n`, { mode: 0o600 })
    expect(await within({}, whoami, address({}, { urlFile }))).toEqual(expected)

    const [services, passwords] = [join(home, 'services'), join(home, 'passwords')]
    const [, host, named] = ['', '127.0.0.1', 'tokenctl']
    writeFileSync(
      services,
      `[${named}]\nhost=${host}\nport=${port}\nuser=${user}\ndbname=${database}\npassfile=${passwords}\n`,
    )
    writeFileSync(passwords, `${host}:${port}:*:${user}:${password.replace(/[:\\]/g, '\\$&')}\n`, {
      mode: 0o600,
    })
    const viaService = { PGSERVICEFILE: services }
    expect(await within(viaService, whoami, address(viaService, { service: named }))).toEqual(expected)

    const local = address({
      PGHOST: socket,
      PGPORT: String(port),
      PGUSER: user,
      PGDATABASE: database,
      PGPASSWORD: password,
    })
    expect(local.place).toBe(`${socket}:${port}/${database}`)
    expect(await within({}, whoami, local)).toEqual(expected)
  })

  it('refuses a wrong password, a user and a database that are not there, and none of it shows the password', async () => {
    const { env, port } = server()
    const place = `127.0.0.1:${port}/tokenctl`
    const wrong = Connection.open(address({ ...env, PGPASSWORD: 'CNRYpassword' }), 'x')
    await expect(wrong).rejects.toThrow(
      failure(`The database ${place} refused the password (28P01).`, /PGPASSWORD/),
    )
    await expect(wrong).rejects.not.toThrow(/CNRY/)
    await expect(Connection.open(address({ ...env, PGUSER: 'nobody' }), 'x')).rejects.toThrow(
      failure(/refused the password \(28P01\)|does not let this user in \(28000\)/),
    )
    await expect(Connection.open(address({ ...env, PGDATABASE: 'nowhere' }), 'x')).rejects.toThrow(
      failure(`The database 127.0.0.1:${port}/nowhere is not there (3D000).`, /createdb/),
    )
    const { PGPASSWORD: _, ...without } = env
    await expect(Connection.open(address(without), 'x')).rejects.toThrow(
      failure(`The database ${place} asks for the password of tokenctl, and none is given.`, /\.pgpass/),
    )
  })

  it('is not there: a port that refuses, a socket that is not, a name that is none', async () => {
    const { env } = server()
    await expect(Connection.open(address({ ...env, PGPORT: '1' }), 'x')).rejects.toThrow(
      failure('The database 127.0.0.1:1/tokenctl refused the connection (ECONNREFUSED).'),
    )
    await expect(Connection.open(address({ ...env, PGHOST: 'localhost', PGPORT: '1' }), 'x')).rejects.toThrow(
      failure('The database localhost:1/tokenctl refused the connection (ECONNREFUSED).'),
    )
    await expect(Connection.open(address({ ...env, PGHOST: '/nonexistent' }), 'x')).rejects.toThrow(
      failure(/has no socket there \(ENOENT\)/),
    )
    await expect(
      Connection.open(address({ ...env, PGHOST: 'db.invalid', PGSSLMODE: 'disable' }), 'x'),
    ).rejects.toThrow(failure(/has a host name that does not resolve/))
  })

  it('is spoken to in the clear only where that may be', async () => {
    const { env } = server()
    expect(await encrypted(env)).toBe(false)
    for (const mode of ['disable', 'allow', 'prefer'])
      expect(await encrypted({ ...env, PGSSLMODE: mode })).toBe(false)
    for (const mode of ['require', 'verify-full'])
      await expect(encrypted({ ...env, PGSSLMODE: mode })).rejects.toThrow(
        failure(/offers no TLS/, /ssl = on/),
      )
  })

  it('tells what a transaction came to', async () => {
    const { env } = server()
    await server().sql('CREATE TABLE secret_rows (key text PRIMARY KEY, value text)')
    const run = (...statements: string[]) =>
      within(env, async connection => {
        for (const text of statements) await connection.rows({ text })
      })
    const caught = (...statements: string[]) =>
      run(...statements).then(
        () => undefined,
        error => error,
      )
    await expect(run('SELECT * FROM secret_rows')).rejects.toThrow(
      failure(/\(table secret_rows, 42501\)/, /GRANT/),
    )
    await expect(run('SELECT * FROM nowhere')).rejects.toThrow(failure(/is not tokenctl's.*\(42P01\)/))
    await expect(run('BEGIN READ ONLY', 'CREATE TABLE x ()')).rejects.toThrow(
      expect.objectContaining({ code: 'WRITE_FAILED', message: expect.stringContaining('25006') }),
    )
    await expect(run("SET statement_timeout = '20ms'", 'SELECT pg_sleep(10)')).rejects.toThrow(
      failure(/took too long/),
    )
    // What the server says about a row that is there already names the row.
    const twice = await caught(
      'CREATE TEMP TABLE t (a text PRIMARY KEY)',
      "INSERT INTO t VALUES ('CNRY')",
      "INSERT INTO t VALUES ('CNRY')",
    )
    expect(twice).toMatchObject({ code: 'VAULT_UNAVAILABLE', message: expect.stringContaining('(23505)') })
    expect(twice.message + twice.fix).not.toContain('CNRY')
    const conflict = await caught("DO $$ BEGIN RAISE EXCEPTION 'CNRY' USING ERRCODE = '40001'; END $$")
    expect(conflict).toMatchObject({ code: 'LOCK_HELD' })
    expect(isConnectionGone(conflict)).toBe(false)
  })

  it('has a lock that does not come in time', async () => {
    const { env } = server()
    await within(env, async holder => {
      await holder.rows({ text: 'SELECT pg_advisory_lock(7)' })
      const waiting = within(env, async other => {
        await other.rows({ text: "SET lock_timeout = '20ms'" })
        await other.rows({ text: 'SELECT pg_advisory_lock(7)' })
      })
      await expect(waiting).rejects.toThrow(expect.objectContaining({ code: 'LOCK_HELD' }))
    })
  })

  it('cuts the connection, in the middle of a statement and between two', async () => {
    const { env } = server()
    await within(env, async connection => {
      const asked = connection.rows({ text: 'SELECT pg_sleep(60)' }).then(
        () => undefined,
        error => error,
      )
      // The statement is on its way before the next connection is.
      await server().cutConnections('tokenctl-test')
      const error = await asked
      expect(error).toMatchObject({ code: 'VAULT_UNAVAILABLE', message: expect.stringContaining('57P01') })
      expect(isConnectionGone(error)).toBe(true)
      await expect(connection.rows({ text: 'SELECT 1' })).rejects.toThrow(failure(/cut the connection/))
    })
  })

  it('has no connection left', async () => {
    const { env, port, password } = server()
    const { user } = await server().createRole({ attributes: 'CONNECTION LIMIT 0' })
    await expect(
      Connection.open(address({ ...env, PGUSER: user, PGPASSWORD: password }), 'x'),
    ).rejects.toThrow(
      failure(`The database 127.0.0.1:${port}/tokenctl has no connection left to give (53300).`, /pgbouncer/),
    )
  })
})

const pair = hasPostgres() ? localhostPair() : undefined

describe.skipIf(pair === undefined)('a server with TLS', () => {
  const server = postgresForFile({ fsync: false, ...(pair && { tls: { key: pair.key, cert: pair.cert } }) })
  const root = { PGSSLROOTCERT: pair?.path ?? '' }
  /** By a name that is looked up nowhere. */
  const as = (host: string) => ({ ...server().env, PGHOST: host, PGHOSTADDR: '127.0.0.1' })

  it('is spoken to in the clear on this machine where nothing is said, and as it is said', async () => {
    const { env } = server()
    expect(await encrypted(env)).toBe(false)
    for (const [mode, expected] of [
      ['disable', false],
      ['allow', false],
      ['prefer', true],
      ['require', true],
    ] as const)
      expect([mode, await encrypted({ ...env, PGSSLMODE: mode })]).toEqual([mode, expected])
  })

  it('proves its name, by an authority that was named', async () => {
    const { env } = server()
    expect(await encrypted({ ...env, ...root })).toBe(true)
    expect(await encrypted({ ...as('localhost'), ...root, PGSSLMODE: 'verify-full' })).toBe(true)
    const unknown = failure(
      /no authority known here vouches for \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
      /PGSSLROOTCERT/,
    )
    await expect(encrypted({ ...env, PGSSLMODE: 'verify-full' })).rejects.toThrow(unknown)
    const elsewhere = { ...as('db.example'), ...root }
    await expect(encrypted({ ...elsewhere, PGSSLMODE: 'verify-full' })).rejects.toThrow(
      failure(/belongs to another name \(ERR_TLS_CERT_ALTNAME_INVALID\)/, /verify-ca/),
    )
    expect(await encrypted({ ...elsewhere, PGSSLMODE: 'verify-ca' })).toBe(true)
    expect(await encrypted({ ...as('db.example'), PGSSLMODE: 'require' })).toBe(true)
  })

  it('has to, where the environment of node would let it pass', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      await expect(encrypted({ ...server().env, PGSSLMODE: 'verify-full' })).rejects.toThrow(
        /no authority known/,
      )
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })

  it('is another than the authority vouches for, in every encrypted mode', async () => {
    const other = join(temporaryHome(), 'other.crt')
    writeFileSync(other, selfSigned('/CN=localhost')?.cert ?? '')
    for (const mode of ['require', 'verify-ca', 'verify-full'])
      await expect(encrypted({ ...server().env, PGSSLROOTCERT: other, PGSSLMODE: mode })).rejects.toThrow(
        failure(/no authority known here/),
      )
    // No way back to a connection in the clear.
    await expect(encrypted({ ...server().env, PGSSLROOTCERT: other, PGSSLMODE: 'prefer' })).rejects.toThrow(
      failure(/no authority known here/),
    )
  })

  it('wants TLS, or does not take it', async () => {
    const { env } = server()
    await allow(server(), ['hostssl all all all scram-sha-256'])
    await expect(encrypted(env)).rejects.toThrow(
      failure(/does not let this user in \(28000\)/, /^It may want TLS/),
    )
    for (const mode of ['allow', 'prefer', 'require'])
      expect(await encrypted({ ...env, PGSSLMODE: mode })).toBe(true)
    await allow(server(), ['hostnossl all all all scram-sha-256'])
    for (const mode of ['disable', 'allow', 'prefer'])
      expect(await encrypted({ ...env, PGSSLMODE: mode })).toBe(false)
    await expect(encrypted({ ...env, PGSSLMODE: 'require' })).rejects.toThrow(
      failure(/does not let this user in/),
    )
    await allow(server(), ['host all all all scram-sha-256'])
  })

  it('knows us by a certificate', async () => {
    const { env, socket } = server()
    const client = selfSigned('/CN=tokenctl')
    const home = temporaryHome()
    const [cert, key] = [join(home, 'client.crt'), join(home, 'client.key')]
    writeFileSync(cert, client?.cert ?? '')
    writeFileSync(key, client?.key ?? '', { mode: 0o600 })
    const authority = join(socket, 'clients.crt')
    writeFileSync(authority, readFileSync(cert))
    const { uid, gid } = statSync(socket)
    chownSync(authority, uid, gid)
    chmodSync(authority, 0o600)
    await server().sql(`ALTER SYSTEM SET ssl_ca_file = '${authority}'`)
    await allow(server(), ['hostssl all all all cert'])
    const ours = { ...env, ...root, PGSSLCERT: cert, PGSSLKEY: key, PGPASSWORD: '' }
    expect(await seen(ours)).toEqual({ ssl: true, client: '/CN=tokenctl' })
    const { PGSSLCERT: _, ...without } = ours
    await expect(seen(without)).rejects.toThrow(failure(/does not let this user in|ended the TLS handshake/))
    await allow(server(), ['host all all all scram-sha-256'])
  })
})

describe.skipIf(!hasPgbouncer())('a pooler', () => {
  const server = postgresForFile({ fsync: false })

  it('takes all that we say at the start, and tells what it does not know', async () => {
    const { env, ...login } = await startPgbouncer(server(), { poolMode: 'session' })
    expect(await encrypted(env)).toBe(false)
    expect(login.port).not.toBe(server().port)
    // Why no limit on statements is among it.
    const limited = address({ ...env, PGOPTIONS: '-c statement_timeout=1000' })
    await expect(Connection.open(limited, 'x')).rejects.toThrow(
      failure(/refused how it was spoken to \(08P01\)/, /PGOPTIONS/),
    )
    const { config, place } = address(env)
    await expect(
      Connection.open({ config: { ...config, statement_timeout: 1000 }, place }, 'x'),
    ).rejects.toThrow(failure(/refused how it was spoken to \(08P01\)/))
    await expect(Connection.open(address({ ...env, PGPASSWORD: 'CNRY' }), 'x')).rejects.toThrow(
      failure(/127\.0\.0\.1/),
    )
  })

  it('that changes the connection under us loses what was prepared', async () => {
    const settings = { default_pool_size: 1 }
    const { env } = await startPgbouncer(server(), { poolMode: 'transaction', settings })
    const named = { name: 'one', text: 'SELECT 1 AS one' }
    await within(env, async one => {
      await one.rows(named)
      await within(env, async two => {
        await expect(two.rows(named)).rejects.toThrow(
          failure(/lost a prepared statement \(42P05\)/, /pool_mode = session/),
        )
      })
    })
  })
})
