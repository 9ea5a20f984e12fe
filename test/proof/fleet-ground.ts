/** The database under a fleet: its server, a standby, the way to both, and what can be broken of them. */
import type { PostgresServer } from '../support/postgres/cluster.ts'
import { type PostgresFront, startPostgresFront } from '../support/postgres/front.ts'
import type { Standby } from '../support/postgres/standby.ts'
import { type Postgres, startPostgres } from '../support/postgres/start.ts'
import { sampleOf, seeded } from './chance.ts'
import type { FleetHistory, RowChange } from './fleet-event.ts'

export class Ground {
  /** The way that every machine goes to the database. */
  readonly env: Readonly<Record<string, string>>
  readonly #postgres: Postgres
  readonly #front: PostgresFront
  readonly #database: string
  /** The one that leads now. */
  #server: PostgresServer
  #standby: Standby | undefined
  #breaking: Promise<void> = Promise.resolve()

  private constructor(
    postgres: Postgres,
    front: PostgresFront,
    database: { readonly user: string; readonly password: string; readonly database: string },
  ) {
    this.#postgres = postgres
    this.#server = postgres
    this.#front = front
    this.#database = database.database
    this.env = front.accessOf(database).env
  }

  /** An empty database on a server of its own. */
  static async start(): Promise<Ground> {
    const postgres = await startPostgres({ settings: { max_connections: 60 } })
    try {
      const front = await startPostgresFront(postgres.port)
      return new Ground(postgres, front, await postgres.createDatabase())
    } catch (error) {
      await postgres.remove()
      throw error
    }
  }

  /** Starts a standby that has each commit before it is answered. */
  async follow(): Promise<void> {
    this.#standby = await this.#postgres.startStandby({ synchronous: true })
  }

  sql<Row extends Record<string, unknown>>(text: string, params: readonly unknown[] = []): Promise<Row[]> {
    return this.#server.sql<Row>(text, params, this.#database)
  }

  /** Resets all connections. */
  cut(): void {
    this.#front.cut()
  }

  /** Ends half of the workers' sessions, drawn by a lot. */
  async terminateSome(lot: number): Promise<void> {
    try {
      const sessions = await this.sql<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'tokenctl worker'`,
      )
      const some = sampleOf(sessions, Math.ceil(sessions.length / 2), seeded(Math.floor(lot * 2 ** 32)))
      const pids = some.map(({ pid }) => pid)
      await this.sql('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [pids])
    } catch {
      // The server is being restarted: that is cut enough.
    }
  }

  async restart(mode: 'fast' | 'immediate'): Promise<void> {
    await this.#oneByOne(() => this.#server.restart(mode))
  }

  /** The server is gone as with its machine; the standby takes over, and the way leads there. */
  async failOver(): Promise<void> {
    await this.#oneByOne(async () => {
      const standby = this.#standby
      if (standby === undefined) throw new Error('there is no standby')
      await this.#server.kill9()
      await standby.promote()
      this.#server = standby
      this.#front.lead(standby.port)
      this.#front.cut()
    })
  }

  /** A server that is down cannot be taken down. */
  async #oneByOne(work: () => Promise<void>): Promise<void> {
    this.#breaking = this.#breaking.then(work)
    await this.#breaking
  }

  /** Frees what a killed worker had claimed, for whoever comes: it lapses after a minute, and nothing rests on it. */
  async freeClaims(): Promise<void> {
    try {
      await this.sql('TRUNCATE tokenctl.claim')
    } catch {
      // The server is being restarted.
    }
  }

  /** As if an hour passed for marks, and a day for what was sent. Only while nobody works. */
  async passTime(): Promise<void> {
    await this.sql(`UPDATE tokenctl.journal SET busy_until = now() - interval '1 hour'`)
    await this.sql('TRUNCATE tokenctl.claim, tokenctl.sent')
  }

  /** From here on every change of a record is written down by the database itself, in the same transaction. */
  async watchRecords(): Promise<void> {
    await this.sql(`
      CREATE TABLE public.change (n bigserial, key text, was bigint, became bigint, revision bigint, next bigint);
      CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        INSERT INTO public.change (key, was, became, revision, next)
          VALUES (OLD.key, OLD.generation, CASE TG_OP WHEN 'UPDATE' THEN NEW.generation END, OLD.revision,
            CASE TG_OP WHEN 'UPDATE' THEN NEW.revision END);
        RETURN NULL; END $$;
      CREATE TRIGGER note AFTER UPDATE OR DELETE ON tokenctl.record FOR EACH ROW
        EXECUTE FUNCTION public.note()`)
  }

  /** The changes of accounts since then, in their order. */
  async changes(): Promise<readonly RowChange[]> {
    const rows = await this.sql<ChangeRow>(
      `SELECT key, was, became, revision, next FROM public.change WHERE key LIKE 'account/%' ORDER BY n`,
    )
    return rows.map(changeOf)
  }

  /** What stands there that should be gone when nobody works. */
  async left(): Promise<FleetHistory['left']> {
    const texts = async (text: string) => (await this.sql<{ text: string }>(text)).map(row => row.text)
    const [locks] = await this.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory'`,
    )
    return {
      journals: await texts('SELECT key AS text FROM tokenctl.journal'),
      aside: await texts('SELECT name AS text FROM tokenctl.journal_aside'),
      locks: locks?.count ?? 0,
    }
  }

  async remove(): Promise<void> {
    await this.#front.close()
    await this.#postgres.remove()
  }
}

type ChangeRow = Record<'key' | 'was' | 'became' | 'revision' | 'next', string | null>

function changeOf(row: ChangeRow): RowChange {
  const number = (text: string | null) => (text === null ? null : Number(text))
  return {
    account: (row.key ?? '').slice('account/'.length),
    generation: { from: Number(row.was), to: number(row.became) },
    revision: { from: Number(row.revision), to: number(row.next) },
  }
}
