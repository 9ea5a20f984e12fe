/**
 * A real pgbouncer of a test's own, before a PostgreSQL of that test: any role and any database of the server, by the
 * same password, through another port. Its settings are its own defaults but for what is told here.
 */
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Access, ADMIN, accessBy } from './postgres/access.ts'
import { pgbouncerProgram } from './postgres/programs.ts'
import { makeServerFolder } from './postgres/server-folder.ts'
import { freePort, logOf, ServerProcess } from './postgres/server-process.ts'
import type { Postgres } from './postgres/start.ts'

export interface PgbouncerOptions {
  /** When a connection to the server goes back to the others: when the client leaves, or after each transaction. */
  readonly poolMode: 'session' | 'transaction'
  /** Settings of pgbouncer.ini by name: `{ default_pool_size: 2 }`. */
  readonly settings?: Readonly<Record<string, string | number>>
}

export interface Pgbouncer extends Access {
  readonly port: number
  /** The ways through it for another login of the server. */
  accessOf(login: Pick<Access, 'user' | 'password' | 'database'>): Access
  log(): string
  /** Ends it and removes its files; the removal of the server does the same. */
  remove(): Promise<void>
}

/** Starts one. */
export async function startPgbouncer(postgres: Postgres, options: PgbouncerOptions): Promise<Pgbouncer> {
  const folder = makeServerFolder()
  const { path, owner } = folder
  const [ini, users] = [join(path, 'pgbouncer.ini'), join(path, 'users')]
  const port = await freePort()
  // It asks the server for every other role's secret, with which it then logs in as that role.
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    pool_mode: options.poolMode,
    auth_type: 'scram-sha-256',
    auth_file: users,
    auth_user: ADMIN.user,
    admin_users: ADMIN.user,
    ...options.settings,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  writeFileSync(users, `"${ADMIN.user}" "${ADMIN.password}"\n`, { mode: 0o600 })
  writeFileSync(
    ini,
    `[databases]\n* = host=127.0.0.1 port=${postgres.port}\n[pgbouncer]\n${lines.join('\n')}\n`,
  )
  if (owner !== undefined) for (const file of [ini, users]) chownSync(file, owner.uid, owner.gid)
  const server = await ServerProcess.start({
    program: pgbouncerProgram(),
    args: [ini],
    folder,
    up: /process up/,
  })
  const pgbouncer: Pgbouncer = {
    ...accessBy(port, postgres),
    port,
    accessOf: login => accessBy(port, login),
    log: () => logOf(folder),
    remove: async () => {
      await server.end('SIGKILL')
      folder.remove()
    },
  }
  postgres.beforeRemoval(pgbouncer.remove)
  return pgbouncer
}
