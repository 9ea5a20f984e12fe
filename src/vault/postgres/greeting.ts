/**
 * The first words over a new connection: what every session is to keep to, and whether the server behind it is one that locks
 * can rest on.
 */
import { TokenctlError } from '../../errors.ts'
import type { Connection } from './connection.ts'

/** What answers. */
export interface Greeted {
  /** The number of the server's process. */
  readonly backend: number
  readonly isReplica: boolean
}

interface Found {
  readonly locks: number
  readonly backend: number
  readonly is_replica: boolean
  readonly number: number
}

/**
 * Says what the session keeps to, and looks at who answers.
 *
 * @param isNew whether nothing was said over this connection before.
 * @throws {VAULT_UNAVAILABLE} for a server that is too old, or a pooler that gives one of its processes to several programs
 */
export async function greet(connection: Connection, place: string, isNew: boolean): Promise<Greeted> {
  // Read Committed: a statement that waits for another machine's row sees what that has written. No statement of ours runs
  // long enough to win back what compiling it costs. NULLs and times come through whatever the database was set to.
  await connection.rows({
    text: `SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
      SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
      SET jit = off; SET array_nulls = on; SET extra_float_digits = 1;
      SELECT set_config(name, wanted, false) FROM pg_settings JOIN (VALUES ${NOTICED}) AS w (name, wanted) USING (name)
        WHERE source = 'default'`,
  })
  // Each leaves a lock of its own with the server's process, for the next to find it there.
  const [found] = await connection.rows<Found>({
    // Counted before it is taken: what a row is made of comes before the row. (`MATERIALIZED`, which would say so, would keep
    // a server before 12 from telling which it is.)
    text: `SELECT locks, pg_try_advisory_lock_shared(hashtextextended('tokenctl/session', 0)), pg_backend_pid() AS backend,
        pg_is_in_recovery() AS is_replica, current_setting('server_version_num')::int AS number
      FROM (SELECT count(*)::int AS locks FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS before`,
  })
  const { is_replica: isReplica = false, locks = 0, number = 0, backend = 0 } = found ?? {}
  if (number < OLDEST_SERVER) throw tooOld(place, number)
  if (locks > 0 && isNew) throw sharedBackend(place)
  return { backend, isReplica }
}

/**
 * By these the server notices within half a minute that a machine is gone which cannot say so any more (its power, its
 * network), and frees its locks; and that a program stands still within a transaction, which others wait for. An
 * administrator's own words on it stand.
 */
const NOTICED = [
  ['tcp_keepalives_idle', '10'],
  ['tcp_keepalives_interval', '5'],
  ['tcp_keepalives_count', '4'],
  ['tcp_user_timeout', '30000'],
  ['idle_in_transaction_session_timeout', '15000'],
]
  .map(([name, wanted]) => `('${name}', '${wanted}')`)
  .join(', ')

/** PostgreSQL 12, the oldest that is promised. `hashtextextended`, which makes the numbers of locks, came with 11. */
const OLDEST_SERVER = 120_000

/** The error for what hands one of the server's processes to several programs by turns. */
export function sharedBackend(place: string): TokenctlError {
  return new TokenctlError(
    'VAULT_UNAVAILABLE',
    `What answers at ${place} gives several programs one connection to the database, and locks would not hold.`,
    {
      fix: "Set pgbouncer's `pool_mode` to `session` for this database, or give the server's own address.",
    },
  )
}

function tooOld(place: string, number: number): TokenctlError {
  return new TokenctlError(
    'VAULT_UNAVAILABLE',
    `The server at ${place} is PostgreSQL ${Math.floor(number / 10_000)}; tokenctl needs 12 or later.`,
    { fix: 'Update the server. Nothing was changed.' },
  )
}
