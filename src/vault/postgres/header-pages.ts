/**
 * Headers by the million, a page at a time: a cursor over a connection of its own, so that a listing sees one moment and
 * holds one page. What is due is found by its indexes, the longest since its last renewal first.
 */
import { isTokenctlError } from '../../errors.ts'
import type { HeaderQuery } from '../header-query.ts'
import { readHead, SEALED } from '../record-file.ts'
import type { HeaderEntry } from '../secret-store.ts'
import { tagText } from './columns.ts'
import { Connection } from './connection.ts'
import { dueBranches } from './due.ts'
import { noTables, type Session } from './session.ts'

/** Rows of a page: some 1 MB, and 5 ms of the server's time. */
const PAGE = 1000
const FIRST_PAGE = 100

interface Row {
  readonly key: string
  readonly head: string
}

/** The pages that a query means. @throws {VAULT_UNAVAILABLE} where there are no tables: that is not to have no records (I5) */
export async function* headerPages(
  query: HeaderQuery,
  session: Session,
): AsyncGenerator<readonly HeaderEntry[], void, undefined> {
  if (!(await session.hasTables())) throw noTables(session.place)
  if (isFew(query)) return yield* oneAnswer(query, session)
  const connection = await Connection.open(await session.address(), 'tokenctl listing')
  try {
    yield* pagesOver(query, connection, session.place)
  } finally {
    // It ends the transaction, which has changed nothing.
    await connection.close()
  }
}

/** Whether a query names so few records that they are one answer, which needs no connection of its own. */
function isFew({ keys, due, limit }: HeaderQuery): boolean {
  return keys !== undefined && keys.length <= PAGE && due === undefined && limit === undefined
}

async function* oneAnswer(query: HeaderQuery, session: Session) {
  const values: unknown[] = []
  const text = textOf(query, value => `$${values.push(value)}`)
  const rows = await session.rows<Row>({ text }, values)
  if (rows.length > 0) yield rows.map(row => entryOf(row, session.place))
}

async function* pagesOver(query: HeaderQuery, connection: Connection, place: string) {
  const values: unknown[] = []
  const text = textOf(query, value => `$${values.push(value)}`)
  // From some 400,000 rows on the server would first compile the many branches of what is due: 0.2 to 0.4 s, for nothing.
  await connection.rows({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off' })
  await connection.rows({ text: `DECLARE page NO SCROLL CURSOR FOR ${text}` }, values)
  // What is due in two ways comes twice.
  const seen = query.due === undefined ? undefined : new Set<string>()
  let left = query.limit ?? Number.POSITIVE_INFINITY
  const fetch = (size: number) => {
    const rows = connection.rows<Row>({ text: `FETCH ${size} FROM page` })
    // Asked for ahead: whoever stops before it is needed closes the connection, and need not hear of it.
    rows.catch(() => undefined)
    return rows
  }
  // A first page that is small is there at once. While one is looked at the server makes the next.
  for (let next = fetch(Math.min(FIRST_PAGE, left)); left > 0; ) {
    const rows = await next
    if (rows.length === 0) return
    const fresh = rows.filter(({ key }) => seen === undefined || isFirst(key, seen))
    left -= fresh.length
    if (left > 0) next = fetch(Math.min(PAGE, left))
    if (fresh.length > 0) yield fresh.map(row => entryOf(row, place))
  }
}

function isFirst(key: string, seen: Set<string>): boolean {
  const { size } = seen
  return seen.add(key).size > size
}

function entryOf({ key, head }: Row, place: string): HeaderEntry {
  try {
    return { key, header: readHead(SEALED, `The row ${key} at ${place}`, key, head).header }
  } catch (problem) {
    if (!isTokenctlError(problem)) throw problem
    return { key, problem }
  }
}

/** The keys of a kind lie between its own `/` and the character that follows it. */
function withKeysOf(kind: string): string {
  return `key >= '${kind}/' AND key < '${kind}0'`
}

function textOf(query: HeaderQuery, put: (value: unknown) => string): string {
  const { kinds, marketplaces, keys, tags, due } = query
  const where = [
    `kind = ANY(${put(kinds ?? ['account', 'app', 'channel'])})`,
    // Keys begin with the kind: beside a million accounts a few apps are found by the primary key.
    ...(kinds === undefined ? [] : [`(${kinds.map(withKeysOf).join(' OR ')})`]),
    ...(marketplaces === undefined ? [] : [`marketplace = ANY(${put(marketplaces)})`]),
    ...(keys === undefined ? [] : [`key = ANY(${put(keys)})`]),
    ...(tags === undefined || tags.length === 0 ? [] : [`tags @> ${put(tags.map(tagText))}::text[]`]),
  ].join(' AND ')
  if (due === undefined) return `SELECT key, head FROM tokenctl.record WHERE ${where} ORDER BY key`
  const branches = dueBranches(due, put).map(
    ({ where: branch, order }) =>
      `(SELECT key, head FROM tokenctl.record WHERE kind = 'account' AND ${branch} AND ${where} ORDER BY ${order})`,
  )
  return branches.length === 0
    ? `SELECT key, head FROM tokenctl.record WHERE false`
    : branches.join(' UNION ALL ')
}
