/**
 * A streaming standby of a test's PostgreSQL: a server of its own, on its own port, that follows the other and is
 * read-only until it is promoted.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Access, ADMIN, accessBy, type Login, quoteLiteral } from './access.ts'
import { Cluster, type PostgresServer, type Settings } from './cluster.ts'
import { postgresProgram, SERVER_ENV } from './programs.ts'
import { makeServerFolder } from './server-folder.ts'

export interface StandbyOptions {
  /** The primary answers a commit only when the standby has it on its disk, so that a promotion loses nothing. */
  readonly synchronous?: boolean
  readonly settings?: Settings
}

/** The standby; its `env` and `url` lead the same role to the same database as the primary's. */
export interface Standby extends Access, PostgresServer {
  /** Waits until it has replayed all that the primary has written by now. */
  caughtUp(): Promise<void>
  /** Makes it a primary; it takes writes when this is done. It no longer follows. */
  promote(): Promise<void>
}

const NAME = 'standby'
const WITHIN_SECONDS = 60

/** Copies a running primary and starts the copy as its standby. */
export async function startStandbyOf(
  primary: PostgresServer,
  home: Login,
  settings: Settings,
  options: StandbyOptions,
): Promise<Standby> {
  const folder = makeServerFolder('QUIT')
  const { path, owner } = folder
  const from = `host=${primary.socket} port=${primary.port} user=${ADMIN.user} application_name=${NAME}`
  // The copy is a new one each time, and no test cuts the power: what it holds need not be on the disk yet.
  const how = ['--write-recovery-conf', '--checkpoint=fast', '--wal-method=stream', '--no-sync']
  await promisify(execFile)(
    postgresProgram('pg_basebackup'),
    ['-D', join(path, 'data'), '-d', from, ...how],
    {
      cwd: path,
      env: SERVER_ENV,
      ...owner,
    },
  )
  const server = new Cluster(folder, { settings: { ...settings, ...options.settings }, home })
  await server.start()
  if (options.synchronous) await waitForEachCommit(primary)
  const caughtUp = async () => {
    const [now] = await primary.sql<{ at: string }>('SELECT pg_current_wal_flush_lsn() AS at')
    // Each question is a round trip, which is wait enough.
    const deadline = Date.now() + WITHIN_SECONDS * 1000
    for (;;) {
      const [replayed] = await server.sql<{ all: boolean }>(
        'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS all',
        [now?.at],
      )
      if (replayed?.all) return
      if (Date.now() > deadline) throw new Error(`The standby stays behind:\n${server.log()}`)
    }
  }
  const promote = async () => {
    const [promoted] = await server.sql<{ done: boolean }>('SELECT pg_promote(true, $1) AS done', [
      WITHIN_SECONDS,
    ])
    if (!promoted?.done) throw new Error(`The standby was not promoted:\n${server.log()}`)
  }
  return Object.assign(server, accessBy(server.port, home), {
    caughtUp,
    promote,
  })
}

/** From here on no commit is answered before the standby has it. */
async function waitForEachCommit(primary: PostgresServer): Promise<void> {
  await primary.sql(`ALTER SYSTEM SET synchronous_standby_names = ${quoteLiteral(NAME)}`)
  await primary.sql('SELECT pg_reload_conf()')
  const deadline = Date.now() + WITHIN_SECONDS * 1000
  for (;;) {
    const [state] = await primary.sql<{ sync: number }>(
      `SELECT count(*)::int AS sync FROM pg_stat_replication WHERE sync_state = 'sync'`,
    )
    if (state?.sync === 1) return
    if (Date.now() > deadline) throw new Error(`The standby does not follow:\n${primary.log()}`)
  }
}
