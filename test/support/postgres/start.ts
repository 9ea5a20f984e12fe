/**
 * Starting a PostgreSQL of one's own, with a plain role and a database of its, and making more of both. Knows no test
 * runner, so that a benchmark can have a server as well.
 */
import { randomBytes } from 'node:crypto'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { type Access, accessBy, quoteLiteral, quoteName, USER } from './access.ts'
import { Cluster, type PostgresServer, type Settings } from './cluster.ts'
import { makeServerFolder, type ServerFolder } from './server-folder.ts'
import { type Standby, type StandbyOptions, startStandbyOf } from './standby.ts'
import { copyTemplate } from './template.ts'

export interface PostgresOptions {
  /**
   * Whether a commit waits for the disk. Default: it does, as it must where a server is killed; off is for tests that
   * only ask what is stored, and want it soon.
   */
  readonly fsync?: boolean
  /** Settings of postgresql.conf beside the support's own, each as it is written there: `{ work_mem: '64MB' }`. */
  readonly settings?: Settings
  /** The server speaks TLS with this key and certificate, to those who ask for it; both in PEM. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer }
}

/** An empty database that belongs to the plain role. */
export interface TestDatabase extends Access {
  /** Runs SQL as the superuser in this database; the rows. */
  sql<Row extends pg.QueryResultRow>(text: string, params?: readonly unknown[]): Promise<Row[]>
  /** Ends whoever is in it, and it. */
  drop(): Promise<void>
}

export interface RoleOptions {
  /** A name of its own unless one is given. */
  readonly name?: string
  readonly password?: string
  /** What `CREATE ROLE` takes beside: `SUPERUSER`, `CONNECTION LIMIT 2`. */
  readonly attributes?: string
  /** What it is granted in the database, as `GRANT` takes it: `SELECT ON ALL TABLES IN SCHEMA public`. */
  readonly grants?: readonly string[]
  /** The database it logs in to, and is granted things in; the server's own unless one is given. */
  readonly database?: string
}

/** A running server; `env` and `url` lead a plain role, no superuser, to a database of its own on it. */
export interface Postgres extends Access, PostgresServer {
  /** An empty database, owned by the plain role; a name of its own unless one is given. */
  createDatabase(name?: string): Promise<TestDatabase>
  /** Another role, that owns nothing and may only connect, unless more is said. */
  createRole(options?: RoleOptions): Promise<Access>
  /** A standby that follows this server. */
  startStandby(options?: StandbyOptions): Promise<Standby>
  /** What is to be ended before this server is removed. */
  beforeRemoval(work: () => Promise<void>): void
}

/** Starts one; the caller removes it, or the end of this process does. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const folder = makeServerFolder('QUIT')
  const { path } = folder
  await copyTemplate(join(path, 'data'))
  const settings: Settings = {
    fsync: options.fsync === false ? 'off' : 'on',
    ...(options.tls === undefined ? {} : tlsSettings(folder, options.tls)),
    ...options.settings,
  }
  const server = new Cluster(folder, { settings, home: USER })
  await server.start()

  const end = server.remove.bind(server)
  const belongings: (() => Promise<void>)[] = []
  const createDatabase = async (name = ownName()): Promise<TestDatabase> => {
    await server.sql(`CREATE DATABASE ${quoteName(name)} OWNER ${USER.user}`)
    return {
      ...accessBy(server.port, { ...USER, database: name }),
      sql: (text, params) => server.sql(text, params, name),
      drop: async () => void (await server.sql(`DROP DATABASE ${quoteName(name)} WITH (FORCE)`)),
    }
  }
  const createRole = async (role: RoleOptions = {}): Promise<Access> => {
    const { name = ownName(), password = USER.password, attributes = '', grants = [] } = role
    const database = role.database ?? USER.database
    const is = `LOGIN PASSWORD ${quoteLiteral(password)} ${attributes}`
    await server.sql(`CREATE ROLE ${quoteName(name)} ${is}`)
    for (const grant of grants) await server.sql(`GRANT ${grant} TO ${quoteName(name)}`, [], database)
    return accessBy(server.port, { user: name, password, database })
  }
  const startStandby = async (how: StandbyOptions = {}): Promise<Standby> => {
    const standby = await startStandbyOf(server, USER, settings, how)
    belongings.push(() => standby.remove())
    return standby
  }
  return Object.assign(server, accessBy(server.port, USER), {
    createDatabase,
    createRole,
    startStandby,
    beforeRemoval: (work: () => Promise<void>) => void belongings.push(work),
    remove: async () => {
      // What came last stands on what was there before it.
      for (const remove of belongings.splice(0).reverse()) await remove()
      await end()
    },
  })
}

function ownName(): string {
  return `test_${randomBytes(6).toString('hex')}`
}

/** The server refuses a key that others can read, or that is not its own. */
function tlsSettings(
  { path, owner }: ServerFolder,
  tls: { readonly key: Buffer; readonly cert: Buffer },
): Settings {
  const [key, cert] = [join(path, 'key.pem'), join(path, 'cert.pem')]
  writeFileSync(key, tls.key, { mode: 0o600 })
  writeFileSync(cert, tls.cert, { mode: 0o644 })
  if (owner !== undefined) for (const file of [key, cert]) chownSync(file, owner.uid, owner.gid)
  return { ssl: 'on', ssl_key_file: key, ssl_cert_file: cert }
}
