/**
 * One PostgreSQL server of a test, primary or standby: its folder, its port and its process. It is started, stopped,
 * killed and questioned here; what databases and roles are in it is no concern of this file.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { ADMIN, type Login } from './access.ts'
import { postgresProgram } from './programs.ts'
import type { ServerFolder } from './server-folder.ts'
import { freePort, logOf, ServerProcess } from './server-process.ts'

/** `fast`: sessions are broken off, all is written. `immediate`: as a crash; what was committed is recovered at the start. */
export type StopMode = 'fast' | 'immediate'

/** Settings of postgresql.conf by name. */
export type Settings = Readonly<Record<string, string | number>>

/** One server that can be started, stopped, killed and asked as the superuser. */
export interface PostgresServer {
  readonly port: number
  /** The folder of its socket, which takes the place of a host name; whoever may enter it needs no password. */
  readonly socket: string
  /** Runs SQL as the superuser, through the socket, in a connection of its own; the rows. */
  sql<Row extends pg.QueryResultRow>(
    text: string,
    params?: readonly unknown[],
    database?: string,
  ): Promise<Row[]>
  /** Ends the sessions of all others, or of those with that application_name, and waits until they are gone; how many. */
  cutConnections(applicationName?: string): Promise<number>
  /** Starts it again on the same port, with all that it had. */
  start(): Promise<void>
  /** Stops it and leaves everything in place; `fast` unless said otherwise. */
  stop(mode?: StopMode): Promise<void>
  restart(mode: StopMode): Promise<void>
  /** SIGKILL for the server and all its processes at once. What they wrote is kept by the kernel, as it is not when the power fails. */
  kill9(): Promise<void>
  /** All that it logged so far. */
  log(): string
  /** Ends it, with all that belongs to it, and removes its files. */
  remove(): Promise<void>
}

/** What a port that was taken in the meantime looks like in the log. */
const PORT_TAKEN = /could not bind IPv4 address|could not create any TCP\/IP sockets/
const TRIES = 5
const GONE_WITHIN_MS = 30_000

export class Cluster implements PostgresServer {
  readonly socket: string
  readonly #folder: ServerFolder
  readonly #data: string
  readonly #settings: Settings
  readonly #home: Login
  #port = 0
  #process: ServerProcess | undefined

  /** `folder` holds the cluster's files in `data`; `home` says which database `sql` is in. */
  constructor(folder: ServerFolder, options: { readonly settings: Settings; readonly home: Login }) {
    this.socket = folder.path
    this.#folder = folder
    this.#data = join(folder.path, 'data')
    this.#settings = options.settings
    this.#home = options.home
  }

  get port(): number {
    return this.#port
  }

  async start(): Promise<void> {
    if (this.#process?.runs) return
    if (this.#port !== 0) return await this.#run()
    for (let turn = 1; ; turn++) {
      this.#port = await freePort()
      try {
        return await this.#run()
      } catch (error) {
        if (turn === TRIES || !PORT_TAKEN.test(String(error))) throw error
      }
    }
  }

  async #run(): Promise<void> {
    const settings = Object.entries(this.#settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    this.#process = await ServerProcess.start({
      program: postgresProgram('postgres'),
      args: ['-D', this.#data, '-p', String(this.#port), '-k', this.socket, ...settings],
      folder: this.#folder,
      up: /database system is ready to accept (read-only )?connections/,
    })
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    await this.#process?.end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
  }

  async restart(mode: StopMode): Promise<void> {
    await this.stop(mode)
    await this.start()
  }

  async kill9(): Promise<void> {
    const server = this.#process
    if (!server?.runs) return
    // While it stands still it has no more children than are seen now.
    process.kill(server.pid, 'SIGSTOP')
    const children = childrenOf(server.pid)
    for (const child of children) process.kill(child, 'SIGKILL')
    await server.end('SIGKILL')
    await allGone(children)
  }

  /** Ends it as fast as can be, and removes all that there was of it. */
  async remove(): Promise<void> {
    await this.stop('immediate')
    // A server that was killed leaves a piece of shared memory behind, which its next start would have removed.
    const pidFile = join(this.#data, 'postmaster.pid')
    const left = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').split('\n')[6] : undefined
    const id = left?.trim().split(/\s+/)[1]
    if (id !== undefined) spawnSync('ipcrm', ['-m', id], { stdio: 'ignore' })
    this.#folder.remove()
  }

  async sql<Row extends pg.QueryResultRow>(
    text: string,
    params: readonly unknown[] = [],
    database = this.#home.database,
  ): Promise<Row[]> {
    const client = new pg.Client({
      host: this.socket,
      port: this.#port,
      user: ADMIN.user,
      password: ADMIN.password,
      database,
      application_name: 'test',
      connectionTimeoutMillis: GONE_WITHIN_MS,
    })
    // A session that is cut between two questions tells so here as well.
    client.on('error', () => undefined)
    try {
      await client.connect()
      // Several commands in one text have no parameters, and answer in a list.
      const answer = params.length === 0 ? await client.query(text) : await client.query(text, [...params])
      const last = Array.isArray(answer) ? answer.at(-1) : answer
      return last.rows
    } finally {
      await client.end()
    }
  }

  async cutConnections(applicationName?: string): Promise<number> {
    const cut = await this.sql<{ pid: number }>(
      `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'
        AND pid <> pg_backend_pid() AND ($1::text IS NULL OR application_name = $1)`,
      [applicationName ?? null],
    )
    const pids = cut.map(({ pid }) => pid)
    await this.sql('SELECT pg_terminate_backend(pid, $2) FROM pg_stat_activity WHERE pid = ANY($1::int[])', [
      pids,
      GONE_WITHIN_MS,
    ])
    return pids.length
  }

  log(): string {
    return logOf(this.#folder)
  }
}

/** The processes that a server started; elsewhere than on Linux they notice by themselves that it is gone. */
function childrenOf(pid: number): readonly number[] {
  const list = `/proc/${pid}/task/${pid}/children`
  return existsSync(list) ? readFileSync(list, 'utf8').split(' ').filter(Boolean).map(Number) : []
}

/** Waits until processes that are nobody's children here are dead; each look is a turn of the loop. */
async function allGone(pids: readonly number[]): Promise<void> {
  const deadline = Date.now() + GONE_WITHIN_MS
  while (pids.some(isAlive)) {
    if (Date.now() > deadline) throw new Error('A killed server did not go.')
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** One that is dead and that nobody asked about yet holds nothing any more. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
