/**
 * What a database and the way to it are like: for a person who asks whether it will hold, never for a run that renews. It
 * only asks; the one thing that it does besides is to open a second connection, by which a pooler shows what it shares.
 */
import { TLSSocket } from 'node:tls'
import { Connection, type Way } from './connection.ts'
import { SCHEMA_VERSION, schemaVersion } from './schema.ts'
import type { Session } from './session.ts'

/** What a server is like. */
export interface ServerFacts {
  /** `15.7` */
  readonly version: string
  /** As whom we are there. */
  readonly user: string
  /** The version of the tables; 0: there are none. */
  readonly schema: number
  /** The version that this program makes. */
  readonly schemaKnown: number
  readonly isReplica: boolean
  /** Whether transactions may write, where it is no replica: `default_transaction_read_only`. */
  readonly isReadOnly: boolean
  readonly encryption: EncryptionFacts
  /** Whether something stands between that speaks PostgreSQL itself. */
  readonly hasPooler: boolean
  /** Whether that gave two programs one connection: locks would not hold. */
  readonly isShared: boolean
  readonly settings: DurabilitySettings
  /** Servers that follow this one, as far as this user may see them. */
  readonly standbys: number
  /** How many more connections this user may have in this database. */
  readonly connectionsLeft: number
  readonly connectionsMost: number
}

export type EncryptionFacts =
  | { readonly kind: 'none'; readonly leavesMachine: boolean }
  | {
      readonly kind: 'tls'
      /** `TLSv1.3` */
      readonly protocol: string
      /** The name in the server's certificate; null where it has none. */
      readonly name: string | null
      /** Whether the certificate was checked, and held. */
      readonly isProven: boolean
    }

export interface DurabilitySettings {
  readonly fsync: string
  readonly fullPageWrites: string
  /** As a session of ours has it. */
  readonly synchronousCommit: string
  readonly synchronousStandbyNames: string
}

/** What a user may not do with a table, and would have to. */
export interface MissingRights {
  readonly table: string
  /** `INSERT` */
  readonly rights: readonly string[]
}

/** What is on its way, in one part of the journal. */
export interface JournalFacts {
  /** Exchanges that may be open still. */
  readonly underWay: number
  /** What nobody is at any more, and somebody has to finish. */
  readonly waiting: number
  /** The oldest of those, some. */
  readonly waitingKeys: readonly string[]
  /** Names of rows that were put aside. */
  readonly aside: readonly string[]
}

const EACH = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const
/** What renewing needs, by table. */
const NEEDED: Readonly<Record<string, readonly (typeof EACH)[number][]>> = {
  migration: ['SELECT'],
  vault: ['SELECT', 'UPDATE'],
  record: EACH,
  journal: EACH,
  journal_aside: ['SELECT', 'INSERT'],
  claim: EACH,
  sent: EACH,
  rate: ['SELECT', 'INSERT', 'UPDATE'],
}

/** Looks at the server. @throws {VAULT_UNAVAILABLE} · {SETTINGS_INVALID} */
export async function surveyServer(session: Session): Promise<ServerFacts> {
  const { connection, isReplica } = await session.opened()
  const second = await Connection.open(await session.address(), 'tokenctl doctor')
  try {
    const [row] = await connection.rows<Row>({ text: SERVER })
    if (row === undefined) throw new Error('a SELECT without FROM has one row')
    const pids = [await processOf(connection), await processOf(second), await processOf(connection)]
    return {
      version: row.version,
      user: row.user,
      schema: await schemaVersion(connection),
      schemaKnown: SCHEMA_VERSION,
      isReplica,
      isReadOnly: !isReplica && row.read_only === 'on',
      encryption: encryptionOf(connection.way),
      hasPooler: connection.way.process !== pids[0],
      isShared: pids[0] === pids[1] || pids[0] !== pids[2],
      settings: {
        fsync: row.fsync,
        fullPageWrites: row.full_page_writes,
        synchronousCommit: row.synchronous_commit,
        synchronousStandbyNames: row.synchronous_standby_names,
      },
      standbys: row.standbys,
      connectionsLeft: row.most - row.used,
      connectionsMost: row.most,
    }
  } finally {
    await second.close()
  }
}

/** What the user may not do and would have to. @throws {VAULT_UNAVAILABLE} */
export async function missingRights(session: Session): Promise<readonly MissingRights[]> {
  const needed = Object.entries(NEEDED).flatMap(([table, rights]) => rights.map(right => [table, right]))
  const rows = await session.rows<{ name: string; may_not: string[] }>(
    {
      text: `SELECT name, array_agg("right" ORDER BY at) AS may_not
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(name, "right", at)
        WHERE NOT has_table_privilege('tokenctl.' || name, "right") GROUP BY name ORDER BY min(at)`,
    },
    [needed.map(([table]) => table), needed.map(([, right]) => right)],
  )
  return rows.map(({ name, may_not }) => ({ table: name, rights: may_not }))
}

/** Whether the user may make the tables, where there are none. @throws {VAULT_UNAVAILABLE} */
export async function mayMakeTables(session: Session): Promise<boolean> {
  const { connection } = await session.opened()
  const [row] = await connection.rows<{ may: boolean }>({
    text: `SELECT CASE WHEN to_regnamespace('tokenctl') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
      ELSE has_schema_privilege('tokenctl', 'CREATE') END AS may`,
  })
  return row?.may === true
}

/** What is on its way, over all machines. @param most how many keys are told @throws {VAULT_UNAVAILABLE} */
export async function surveyJournal(session: Session, most: number): Promise<JournalFacts> {
  const open = 'NOT is_answered AND busy_until > clock_timestamp()'
  const [counts] = await session.rows<{ under_way: number; waiting: number }>({
    text: `SELECT (count(*) FILTER (WHERE ${open}))::int AS under_way, (count(*) FILTER (WHERE NOT (${open})))::int AS waiting
      FROM tokenctl.journal WHERE part = 'journal'`,
  })
  const waiting = await session.rows<{ key: string }>(
    {
      text: `SELECT key FROM tokenctl.journal WHERE part = 'journal' AND NOT (${open}) ORDER BY busy_until, key LIMIT $1`,
    },
    [most],
  )
  const aside = await session.rows<{ name: string }>({
    text: 'SELECT name FROM tokenctl.journal_aside ORDER BY put_at, name',
  })
  return {
    underWay: counts?.under_way ?? 0,
    waiting: counts?.waiting ?? 0,
    waitingKeys: waiting.map(({ key }) => key),
    aside: aside.map(({ name }) => name),
  }
}

interface Row {
  readonly version: string
  readonly user: string
  readonly read_only: string
  readonly fsync: string
  readonly full_page_writes: string
  readonly synchronous_commit: string
  readonly synchronous_standby_names: string
  readonly standbys: number
  readonly most: number
  readonly used: number
}

// The least of three limits: the server's, less what it keeps for its superusers; the database's; the role's. -1 is none.
const SERVER = `
SELECT split_part(current_setting('server_version'), ' ', 1) AS version, current_user::text AS "user",
  current_setting('transaction_read_only') AS read_only, current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS full_page_writes, current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('synchronous_standby_names') AS synchronous_standby_names,
  (SELECT count(*)::int FROM pg_stat_replication) AS standbys, l.most, l.used
FROM (
  SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most,
    count(*)::int AS used FROM pg_stat_activity WHERE datid IS NOT NULL
  UNION ALL
  SELECT datconnlimit, (SELECT count(*)::int FROM pg_stat_activity AS a WHERE a.datid = d.oid)
  FROM pg_database AS d WHERE datname = current_database() AND datconnlimit >= 0
  UNION ALL
  SELECT rolconnlimit, (SELECT count(*)::int FROM pg_stat_activity AS a WHERE a.usesysid = r.oid)
  FROM pg_roles AS r WHERE rolname = session_user AND rolconnlimit >= 0
) AS l ORDER BY l.most - l.used LIMIT 1`

async function processOf(connection: Connection): Promise<number | undefined> {
  const [row] = await connection.rows<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' })
  return row?.pid
}

function encryptionOf({ stream }: Way): EncryptionFacts {
  if (stream instanceof TLSSocket) {
    const subject = stream.getPeerCertificate().subject as { readonly CN?: unknown } | undefined
    const name = subject?.CN
    return {
      kind: 'tls',
      protocol: stream.getProtocol() ?? 'TLS',
      name: typeof name === 'string' ? name : null,
      isProven: stream.authorized,
    }
  }
  const address = stream.remoteAddress
  // A socket file has no address.
  const stays = address === undefined || /^(::ffff:)?127\.|^::1$/.test(address)
  return { kind: 'none', leavesMachine: !stays }
}
