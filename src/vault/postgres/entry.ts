/**
 * What has to hold before a run may change records: nobody moves them, this user may store what a marketplace answers, and
 * the dates that are written will be right for every machine. Asked in one statement, once a connection, before any token is
 * presented: a refusal afterwards would find an answer that has nowhere to go.
 */
import { TokenctlError } from '../../errors.ts'
import { type EpochMs, SECOND } from '../../tokens/time.ts'
import { GRANT } from './problem-table.ts'
import { GATE } from './schema.ts'

/** How far this machine's clock may be off the database's. */
export interface MostSkew {
  readonly ms: number
  readonly now: () => EpochMs
}

/** What the statement answers. */
export interface Entry {
  readonly is_in: boolean
  readonly may_store: boolean
  /** How the database writes texts: `UTF8`. */
  readonly encoding: string
  /** The server's time, in milliseconds. */
  readonly at: number
}

/** A text that another encoding does not have would be found out after the token was presented. SQL_ASCII keeps bytes as they are. */
const TAKE_ANY_TEXT: readonly string[] = ['UTF8', 'SQL_ASCII']

/** Takes the gate together with all others who work, and asks the rest. */
export const ENTER = `SELECT pg_try_advisory_lock_shared(${GATE}) AS is_in,
  has_table_privilege('tokenctl.record', 'INSERT') AND has_table_privilege('tokenctl.record', 'UPDATE') AS may_store,
  getdatabaseencoding() AS encoding,
  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at`

/** @throws {LOCK_HELD} while records are moved or sealed anew */
export function refuseShut({ is_in }: Entry, place: string): void {
  if (is_in) return
  throw new TokenctlError('LOCK_HELD', `The records at ${place} are being moved or sealed anew.`, {
    fix: 'Nothing was asked or changed. Run it again when that has come to its end.',
  })
}

/**
 * @param between when it was asked and answered, by this machine's clock
 * @throws {VAULT_UNAVAILABLE} where what is answered could not be stored · {CLOCK_WRONG}
 */
export function refuseUnfit(
  { may_store, encoding, at }: Entry,
  between: readonly [EpochMs, EpochMs] | undefined,
  mostMs: number,
  place: string,
): void {
  if (!may_store)
    throw new TokenctlError(
      'VAULT_UNAVAILABLE',
      `The database ${place} does not let this user store records (INSERT and UPDATE on table record).`,
      { fix: `Nothing was asked or changed. ${GRANT}` },
    )
  if (!TAKE_ANY_TEXT.includes(encoding))
    throw new TokenctlError(
      'VAULT_UNAVAILABLE',
      `The database ${place} is encoded in ${encoding}, which cannot write down every name that a marketplace answers.`,
      {
        fix: "Nothing was asked or changed. Make one that can: `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`.",
      },
    )
  if (between === undefined) return
  const skew = (between[0] + between[1]) / 2 - at
  if (Math.abs(skew) <= mostMs) return
  const seconds = Math.round(Math.abs(skew) / SECOND)
  throw new TokenctlError(
    'CLOCK_WRONG',
    `The clock of this machine is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} that of the database ${place}. Dates that it wrote would be wrong for every machine.`,
    {
      fix: 'Nothing was asked or changed. Set the clock that is wrong (for instance by `timedatectl set-ntp true`).',
    },
  )
}
