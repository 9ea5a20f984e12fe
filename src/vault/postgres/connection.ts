/**
 * One connection to the database, and whether it is still there. Every failure comes out as one of our own errors, with the
 * place and the mend and nothing of what was sent (`problems.ts`). It is never opened anew here: whatever rested on a
 * connection, locks above all, is gone with it, and `session.ts` decides what that means.
 */
import type { Socket } from 'node:net'
import type { Client, ClientConfig } from 'pg'
import type { PostgresAddress } from './address.ts'
import { withoutAmbient } from './ambient.ts'
import { isConnectionGone, postgresProblem } from './problems.ts'

/** A statement, with a name where it is run often: the server then reads it once a connection. */
export interface Statement {
  readonly name?: string
  readonly text: string
}

/** A server that hangs must not hold a worker for ever. No statement of ours takes a tenth of this. */
const LONGEST_STATEMENT_MS = 120_000

/** What `pg` says when it gave up waiting. */
function isTimeOut(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout'
}

/** How a connection gets to the server. */
export interface Way {
  readonly stream: Socket
  /** The number of the server's process, as whoever answered told it: a pooler tells one of its own. */
  readonly process: number | undefined
}

export class Connection {
  readonly #client: Client
  readonly #place: string
  #isOpen = true
  /** The statement that was asked for last. `pg` is asked for one at a time. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(client: Client, place: string) {
    this.#client = client
    this.#place = place
    const end = () => {
      this.#isOpen = false
    }
    // Without a listener a connection that is cut between two statements would end the program.
    client.on('error', end)
    client.on('end', end)
  }

  /** @throws {VAULT_UNAVAILABLE} · {SETTINGS_INVALID} */
  static async open(address: PostgresAddress, name: string): Promise<Connection> {
    const { config, place, otherwise } = address
    try {
      return await Connection.#connect(config, place, name)
    } catch (error) {
      const other = otherwise?.(error)
      if (other === undefined) throw postgresProblem(error, place, 'connect')
      return await Connection.#connect(other, place, name).catch(second => {
        throw postgresProblem(second, place, 'connect')
      })
    }
  }

  static async #connect(config: ClientConfig, place: string, name: string): Promise<Connection> {
    const { Client } = await import('pg')
    const named = { ...config, application_name: config.application_name ?? name }
    const client = withoutAmbient(new Client(named), named)
    const connection = new Connection(client, place)
    try {
      await client.connect()
      return connection
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
  }

  /** False once it was cut or closed. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** For whoever asks what the connection itself is like. */
  get way(): Way {
    // Of `pg`'s own, neither is in its types.
    const { connection, processID } = this.#client as unknown as {
      readonly connection: { readonly stream: Socket }
      readonly processID: number | null
    }
    return { stream: connection.stream, process: processID ?? undefined }
  }

  /** The rows of a statement. Statements of one connection are carried out in the order in which they were asked for. */
  async rows<Row extends object>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const rows = this.#last.then(() => this.#run<Row>(statement, values))
    // Whether the one before it failed is told to whoever asked for that one.
    this.#last = rows.catch(() => undefined)
    return await rows
  }

  async #run<Row extends object>(
    { name, text }: Statement,
    values: readonly unknown[],
  ): Promise<readonly Row[]> {
    try {
      const query = {
        text,
        values: [...values],
        query_timeout: LONGEST_STATEMENT_MS,
        ...(name !== undefined && { name }),
      }
      return (await this.#client.query<Row>(query)).rows
    } catch (error) {
      // What is late would be taken for the answer to the next statement.
      if (isTimeOut(error)) await this.close()
      // The server's last word comes before the end of the stream, and whoever asks meanwhile must not take it for open.
      if (isConnectionGone(error)) this.#isOpen = false
      throw postgresProblem(error, this.#place, 'read and write')
    }
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.#isOpen = false
    // What a connection says that is over is of no interest to anybody.
    await this.#client.end().catch(() => undefined)
  }
}
