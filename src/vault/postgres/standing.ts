/**
 * What stands in the one row of the vault for every machine to read, and the gate that whoever changes it holds alone: whether
 * the records are in use here, and under which key they are sealed. A move that fills these tables says so before its first
 * record and until its mark is written on its own machine; one that empties them says so before it writes that mark. So no
 * machine takes copies for records, and a move that is cut off leaves one store in use, or an error that says what to do.
 */
import { TokenctlError } from '../../errors.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Standing } from '../shared-gate.ts'
import type { Connection } from './connection.ts'
import { GATE } from './schema.ts'
import { shown } from './where.ts'

/** The vault that the tables are of. */
export interface VaultRow {
  /** The id of the key that the records are sealed with; null before the first. */
  readonly keyId: string | null
  readonly isInUse: boolean
  readonly standing: Standing
}

/** The row as it is now. */
export async function vaultRow(connection: Connection): Promise<VaultRow> {
  const [row] = await connection.rows<{ key_id: string | null; is_in_use: boolean; move: string | null }>({
    // A replica may follow tables of an older version, which have no such column.
    text: "SELECT key_id, is_in_use, to_jsonb(v) ->> 'move' AS move FROM tokenctl.vault AS v",
  })
  const isInUse = row?.is_in_use ?? true
  return { keyId: row?.key_id ?? null, isInUse, standing: standingOf(isInUse, row?.move ?? null) }
}

function standingOf(isInUse: boolean, text: string | null): Standing {
  if (isInUse) return { is: 'in-use' }
  const [is, move = ''] = text?.split(' ') ?? []
  return { is: is === 'filling' ? 'filling' : 'left', move }
}

/** Says what stands there from now on, durable when this returns. Tables without a record take whichever key comes first. */
export async function writeStanding(connection: Connection, next: Standing): Promise<void> {
  const move = next.is === 'in-use' ? null : `${next.is} ${next.move}`
  await connection.rows(
    {
      text: `UPDATE tokenctl.vault SET is_in_use = $1, move = $2,
        key_id = CASE WHEN EXISTS (SELECT FROM tokenctl.record) THEN key_id END`,
    },
    [next.is === 'in-use', move],
  )
}

/** Where only the records were restored, the vault's row does not say under which key they are sealed. They do. */
export const KEY_OF_RECORDS = '(SELECT key_id FROM tokenctl.record LIMIT 1)'

/** The id of the key of one record; null where there is none. */
export async function keyOfRecords(connection: Connection): Promise<string | null> {
  const [row] = await connection.rows<{ key_id: string | null }>({
    text: `SELECT ${KEY_OF_RECORDS} AS key_id`,
  })
  return row?.key_id ?? null
}

/** Whether there is a record, an answer on its way, or a link that was sent. */
export async function holdsAnything(connection: Connection): Promise<boolean> {
  const [found] = await connection.rows<{ holds: boolean }>({
    text: 'SELECT EXISTS (SELECT FROM tokenctl.record) OR EXISTS (SELECT FROM tokenctl.journal) AS holds',
  })
  return found?.holds === true
}

/** As long as any run waits for another, in milliseconds. */
const LONGEST_WAIT_MS = 30_000
const PAUSE_MS = 250

/** Takes the gate alone. @throws {LOCK_HELD} naming the programs that are inside */
export async function takeAlone(
  connection: Connection,
  place: string,
  { sleep }: Pick<Clock, 'sleep'>,
): Promise<void> {
  const text = `SELECT pg_try_advisory_lock(${GATE}) AS is_in`
  for (let waited = 0; ; waited += PAUSE_MS) {
    const [got] = await connection.rows<{ is_in: boolean }>({ text })
    if (got?.is_in === true) return
    if (waited >= LONGEST_WAIT_MS) break
    await sleep(PAUSE_MS)
  }
  const who = await insiders(connection)
  throw new TokenctlError('LOCK_HELD', `Other programs are at work with the records at ${place}${who}.`, {
    fix: 'Stop the workers on all machines, and run it again. Nothing was changed.',
  })
}

/** The programs that have passed the gate, as the server knows them: `: tokenctl worker (3), tokenctl renew`. */
async function insiders(connection: Connection): Promise<string> {
  const rows = await connection.rows<{ name: string | null; count: number }>({
    text: `SELECT a.application_name AS name, count(*)::int AS count
      FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (l.classid::bigint << 32) | l.objid::bigint = ${GATE}
      GROUP BY 1 ORDER BY 1 LIMIT 5`,
  })
  const names = rows.flatMap(({ name, count }) =>
    name === null || name === ''
      ? []
      : [`${name.split(' ').map(shown).join(' ')}${count > 1 ? ` (${count})` : ''}`],
  )
  return names.length === 0 ? '' : `: ${names.join(', ')}`
}

/** @throws {VAULT_UNAVAILABLE} where the records are not in use */
export function refuseStanding({ standing }: VaultRow, place: string): void {
  if (standing.is === 'in-use') return
  throw standing.is === 'filling'
    ? new TokenctlError(
        'VAULT_UNAVAILABLE',
        `Records are being moved to ${place}, or that was cut off; they are not in use there yet.`,
        {
          fix: 'On the machine that they come from, `tokenctl migrate --to postgres` finishes it, and `tokenctl migrate --remove-old` takes it back.',
        },
      )
    : new TokenctlError('VAULT_UNAVAILABLE', `The records at ${place} were moved to another store.`, {
        fix: 'Choose the store that holds them now (`tokenctl config set store …`). Where the machine that moved them says this too, it was cut off: the same `tokenctl migrate --to …` finishes it there, and `tokenctl migrate --to postgres` brings them back later. To begin anew without them: `DROP SCHEMA tokenctl CASCADE` in that database.',
      })
}

/** The error for records that somebody sealed under another key while a program was at work with the old one. */
export function sealedAnew(place: string, keyId: string, before: string): TokenctlError {
  return new TokenctlError(
    'RECORD_UNREADABLE',
    `The records at ${place} were sealed anew while this ran: with the key ${hex(keyId)}, no longer ${before}.`,
    {
      fix: 'Nothing was asked or changed. Give this machine the new key (`tokenctl config set key-file PATH`), and run it again.',
    },
  )
}

/** The id of a key as a message shows it: the table may hold anything in its place. */
export function hex(id: string | null): string {
  return id !== null && /^[0-9a-f]{8}$/.test(id) ? id : '(unknown)'
}
