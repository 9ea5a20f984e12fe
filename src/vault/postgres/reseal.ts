/**
 * Every record under another key, in one transaction: whoever is cut off has changed nothing, and other machines go from the
 * old key to the new one at one moment. Rows are read and written a page at a time, in the order of their keys, so that a
 * million of them want no more memory than a thousand. Whoever calls has shut out everybody else.
 */
import { TokenctlError } from '../../errors.ts'
import { AskedConsents } from '../asked-consents.ts'
import { open, seal } from '../envelope.ts'
import { headerUnder } from '../header-under.ts'
import type { VaultKey } from '../key-source.ts'
import { readHead, SEALED, writeHead } from '../record-file.ts'
import type { SecretRecord } from '../secret-store.ts'
import { columnsOf } from './columns.ts'
import type { Connection } from './connection.ts'
import type { SealedRow } from './record-table.ts'
import { hex } from './standing.ts'
import type { PostgresStore } from './store.ts'

/** Rows of a page: some 2 MB, sealed in a tenth of a second. */
const PAGE = 500

export interface ResealHooks {
  /** Told after each page how many of how many are done. */
  readonly onRecord?: ((done: number, all: number) => void) | undefined
  /** Called before each page and before the end. @throws what is to end the work, with nothing changed */
  readonly refuseStopped: () => void
}

export interface Resealed {
  readonly count: number
  /** Accounts of links that cannot be read, and stay as they are. */
  readonly unreadableLinks: readonly string[]
}

/** @throws {RECORD_UNREADABLE} for a record that the old key does not open · {VAULT_UNAVAILABLE} · {WRITE_FAILED}; nothing is changed then */
export async function resealAll(
  store: PostgresStore,
  keys: { readonly from: VaultKey; readonly to: VaultKey },
  hooks: ResealHooks,
): Promise<Resealed> {
  const { connection } = await store.session.opened()
  await connection.rows({ text: 'BEGIN' })
  try {
    const count = await resealRecords(store, connection, keys, hooks)
    // Over the same connection, and so within the same transaction.
    const unreadableLinks = await new AskedConsents(store).sealAnew(keys.to)
    hooks.refuseStopped()
    await connection.rows({ text: 'UPDATE tokenctl.vault SET key_id = $1' }, [keys.to.id])
    await connection.rows({ text: 'COMMIT' })
    return { count, unreadableLinks }
  } catch (error) {
    // Where the connection itself is gone the server has rolled it back.
    await connection.rows({ text: 'ROLLBACK' }).catch(() => undefined)
    throw error
  }
}

async function resealRecords(
  store: PostgresStore,
  connection: Connection,
  keys: { readonly from: VaultKey; readonly to: VaultKey },
  { onRecord, refuseStopped }: ResealHooks,
): Promise<number> {
  const [all] = await connection.rows<{ count: number }>({
    text: 'SELECT count(*)::int AS count FROM tokenctl.record',
  })
  let done = 0
  for (let after = ''; ; ) {
    refuseStopped()
    const rows = await connection.rows<SealedRow>(
      {
        name: 'reseal page',
        text: `SELECT key, head, sealed FROM tokenctl.record WHERE key > $1 ORDER BY key LIMIT ${PAGE}`,
      },
      [after],
    )
    const last = rows.at(-1)
    if (last === undefined) return done
    const next: (SealedRow & { readonly fingerprint: string | null })[] = []
    for (const row of rows) next.push(await resealed(row, store, keys))
    await write(next, keys.to, connection)
    done += rows.length
    onRecord?.(done, all?.count ?? done)
    after = last.key
  }
}

async function resealed(
  { key, head: line, sealed }: SealedRow,
  store: PostgresStore,
  { from, to }: { readonly from: VaultKey; readonly to: VaultKey },
): Promise<SealedRow & { readonly fingerprint: string | null }> {
  const where = `The row ${key} of tokenctl.record at ${store.session.place}`
  const head = readHead(SEALED, where, key, line)
  if (head.keyId !== from.id) throw unreadable(`${where} is sealed with the key ${hex(head.keyId)}.`)
  const text = await open(from.bytes, line, sealed)
  if (text === undefined) throw unreadable(`${where} was changed after it was written.`)
  const { body, perishable } = JSON.parse(text) as Pick<SecretRecord, 'body' | 'perishable'>
  const header = await headerUnder(to, key, { header: head.header, body, perishable }, store)
  const next = writeHead(SEALED, key, { keyId: to.id, header })
  const { fingerprint } = columnsOf(key, header)
  return { key, head: next, sealed: await seal(to.bytes, next, text), fingerprint }
}

async function write(
  rows: readonly (SealedRow & { readonly fingerprint: string | null })[],
  { id }: VaultKey,
  connection: Connection,
): Promise<void> {
  const written = await connection.rows(
    {
      name: 'reseal',
      text: `UPDATE tokenctl.record AS r SET head = n.head, sealed = n.sealed, key_id = $1, fingerprint = n.fingerprint
        FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS n(key, head, sealed, fingerprint)
        WHERE r.key = n.key RETURNING r.key`,
    },
    [
      id,
      rows.map(({ key }) => key),
      rows.map(({ head }) => head),
      rows.map(({ sealed }) => sealed),
      rows.map(({ fingerprint }) => fingerprint),
    ],
  )
  if (written.length !== rows.length)
    throw new TokenctlError('WRITE_FAILED', 'Not every record that was read could be written.', {
      fix: 'Nothing was changed. Run it again.',
    })
}

function unreadable(message: string): TokenctlError {
  return new TokenctlError('RECORD_UNREADABLE', message, {
    fix: 'Nothing was changed. Restore it from a backup, or remove it, and run it again.',
  })
}
