/**
 * One server of a test as a process: started with its log in a file, known to be up by what the log says, ended by
 * signals. Knows no SQL, and never sleeps: the log and the end of the process wake it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, watch } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { SERVER_ENV } from './programs.ts'
import type { ServerFolder } from './server-folder.ts'

/** A machine that does eight other things still starts a server within this. */
const UP_WITHIN_MS = 60_000

export interface ServerProcessOptions {
  readonly program: string
  readonly args: readonly string[]
  /** Where it runs, and whose user it runs as. */
  readonly folder: ServerFolder
  /** What the log says when the server answers. */
  readonly up: RegExp
}

export class ServerProcess {
  readonly #child: ChildProcess
  readonly #folder: ServerFolder
  readonly #gone: Promise<void>

  private constructor(child: ChildProcess, folder: ServerFolder) {
    this.#child = child
    this.#folder = folder
    this.#gone = new Promise(resolve => {
      child.once('exit', () => resolve())
      child.once('error', () => resolve())
    })
    void this.#gone.then(() => folder.watch(undefined))
  }

  /** Starts it and waits until it is up. @throws with what it logged, when it ends before or is not up within a minute. */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const { folder } = options
    const logged = logOf(folder).length
    const log = openSync(logFile(folder), 'a')
    const child = spawn(options.program, options.args, {
      cwd: folder.path,
      env: SERVER_ENV,
      stdio: ['ignore', log, log],
      detached: true,
      ...folder.owner,
    })
    closeSync(log)
    const server = new ServerProcess(child, folder)
    folder.watch(child.pid)
    try {
      await upBy(options, child, logged)
    } catch (error) {
      await server.end('SIGKILL')
      throw error
    }
    child.unref()
    return server
  }

  /** @throws when it did not come up, and has no number. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('This server never ran.')
    return this.#child.pid
  }

  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined
  }

  /** Sends a signal and waits for the end; nothing for one that has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.runs) return
    this.#child.ref()
    this.#child.kill(signal)
    await this.#gone
    this.#folder.watch(undefined)
  }
}

const logFile = (folder: ServerFolder) => join(folder.path, 'log')

/** What the server of a folder logged so far; nothing where none ran yet. */
export function logOf(folder: ServerFolder): string {
  return existsSync(logFile(folder)) ? readFileSync(logFile(folder), 'utf8') : ''
}

function upBy({ folder, up }: ServerProcessOptions, child: ChildProcess, from: number): Promise<void> {
  const said = () => logOf(folder).slice(from)
  return new Promise((resolve, reject) => {
    const watcher = watch(logFile(folder))
    const settle = (error?: Error) => {
      clearTimeout(timer)
      watcher.close()
      if (error === undefined) resolve()
      else reject(error)
    }
    const look = () => {
      if (up.test(said())) settle()
    }
    const timer = setTimeout(() => settle(new Error(`Not up in time:\n${said()}`)), UP_WITHIN_MS)
    watcher.on('change', look)
    watcher.on('error', settle)
    child.once('exit', () => settle(new Error(`It ended at its start:\n${said()}`)))
    child.once('error', settle)
    look()
  })
}

// Below 32768 and above 60999 Linux gives no port to an outgoing connection, so that a server that is restarted finds
// its own free again. https://docs.kernel.org/networking/ip-sysctl.html ip_local_port_range
const [FIRST_PORT, PORTS] = [20_000, 12_000]

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (isFree) await new Promise(resolve => server.close(resolve))
    if (isFree) return port
  }
}
