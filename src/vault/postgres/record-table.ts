/** The table of the records: reading, writing and removing rows, many in one statement. It knows no key and opens nothing. */

import type { HeaderJson } from '../secret-store.ts'
import { batched } from './batched.ts'
import { type Columns, columnsOf } from './columns.ts'
import { arrayFrom, asOne } from './long-texts.ts'
import type { Session } from './session.ts'

/** A record as it rests: the line in the clear, and what is sealed to it. */
export interface SealedRow {
  readonly key: string
  readonly head: string
  readonly sealed: string
}

/** A row as it was found. */
export interface StoredRow extends SealedRow {
  /** What its column says, in digits. By it a row is replaced. */
  readonly revision: string
}

export interface NewRow extends SealedRow {
  readonly header: HeaderJson
  /** The id of the key that sealed it. */
  readonly keyId: string
}

/** A row that goes over the one of a revision. */
export type NextRow = NewRow & { readonly after: number }

/** The columns that are written, with their types, in the order of the parameters. */
const WRITTEN: readonly (readonly [
  name: keyof Columns | 'key' | 'head' | 'sealed' | 'key_id',
  type: string,
])[] = [
  ['key', 'text'],
  ['head', 'text'],
  ['sealed', 'text'],
  ['key_id', 'text'],
  ['kind', 'text'],
  ['revision', 'bigint'],
  ['marketplace', 'text'],
  ['name', 'text'],
  ['app', 'text'],
  ['environment', 'text'],
  ['holds_token', 'boolean'],
  ['generation', 'bigint'],
  ['last_at', 'timestamptz'],
  ['consent_at', 'timestamptz'],
  ['renewed_at', 'timestamptz'],
  ['ends_at', 'timestamptz'],
  ['refused', 'text'],
  ['is_troubled', 'boolean'],
  ['fingerprint', 'text'],
  ['tags', 'text'],
]
const NAMES = WRITTEN.map(([name]) => name).join(', ')
/** What is written of a new row: an array of literals of arrays is no type that the server knows. */
const VALUE = (name: string) => (name === 'tags' ? 'n.tags::text[]' : `n.${name}`)
/** Those that are kilobytes long. */
const isLong = (name: string): name is 'head' | 'sealed' => name === 'head' || name === 'sealed'
const ARRAYS = WRITTEN.map(([name, type], at) =>
  isLong(name) ? arrayFrom(`$${at + 1}`) : `$${at + 1}::${type}[]`,
).join(', ')

const INSERT = `INSERT INTO tokenctl.record (${NAMES})
SELECT ${WRITTEN.map(([name]) => VALUE(name)).join(', ')} FROM unnest(${ARRAYS}) AS n(${NAMES})`
const PUT = `${INSERT}
ON CONFLICT (key) DO UPDATE SET written_at = now(), ${WRITTEN.slice(1)
  .map(([name]) => `${name} = excluded.${name}`)
  .join(', ')}
RETURNING key`
const ADD = `${INSERT} ON CONFLICT (key) DO NOTHING RETURNING key`
/** Who waits for another's change of the row looks at its revision anew (Read Committed). */
const REPLACE = `UPDATE tokenctl.record AS old SET written_at = now(), ${WRITTEN.slice(1)
  .map(([name]) => `${name} = ${VALUE(name)}`)
  .join(', ')}
FROM unnest(${ARRAYS}, $${WRITTEN.length + 1}::bigint[]) AS n(${NAMES}, after)
WHERE old.key = n.key AND old.revision = n.after
RETURNING old.key`

/** Rows in one statement: some 2 MB. */
const MOST = 500

export class RecordTable {
  readonly #session: Session
  readonly get: (key: string) => Promise<StoredRow | undefined>
  /** Writes over whatever there is. */
  readonly put: (row: NewRow) => Promise<boolean>
  /** Whether it was written: false where there is one. */
  readonly add: (row: NewRow) => Promise<boolean>
  /** Whether it was written: false where another revision stands there, or none. */
  readonly replace: (row: NextRow) => Promise<boolean>
  /** Whether there was one. */
  readonly remove: (key: string) => Promise<boolean>

  constructor(session: Session) {
    this.#session = session
    const { turns } = session
    const byKey = { most: MOST, keyOf: (row: { readonly key: string }) => row.key, turns }
    const key = { most: MOST, keyOf: (each: string) => each, turns }
    this.get = batched((keys: readonly string[]) => this.#getAll(keys), { most: MOST, turns })
    this.put = batched((rows: readonly NewRow[]) => this.#write('put', PUT, rows), byKey)
    this.add = batched((rows: readonly NewRow[]) => this.#write('add', ADD, rows), byKey)
    this.replace = batched(
      (rows: readonly NextRow[]) =>
        this.#write(
          'replace',
          REPLACE,
          rows,
          rows.map(({ after }) => after),
        ),
      byKey,
    )
    this.remove = batched(keys => this.#removeAll(keys), key)
  }

  /** The key of one record that is there; undefined where there is none. */
  async any(): Promise<string | undefined> {
    const [row] = await this.#session.rows<{ key: string }>({
      text: 'SELECT key FROM tokenctl.record LIMIT 1',
    })
    return row?.key
  }

  /** Those of these records that have the fingerprint of another, each with the first other. */
  async sharing(keys: readonly string[]): Promise<readonly (readonly [key: string, other: string])[]> {
    const rows = await this.#session.rows<{ key: string; other: string }>(
      {
        name: 'sharing',
        text: `SELECT one.key, min(two.key) AS other FROM tokenctl.record AS one
          JOIN tokenctl.record AS two ON two.fingerprint = one.fingerprint AND two.key <> one.key
          WHERE one.key = ANY($1) AND one.fingerprint IS NOT NULL GROUP BY one.key`,
      },
      [keys],
    )
    return rows.map(({ key, other }) => [key, other])
  }

  async #getAll(keys: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    const text =
      'SELECT key, head, sealed, revision::text AS revision FROM tokenctl.record WHERE key = ANY($1)'
    const rows = await this.#session.rows<StoredRow>({ name: 'get', text }, [keys])
    const byKey = new Map(rows.map(row => [row.key, row]))
    return keys.map(key => byKey.get(key))
  }

  async #write(
    name: string,
    text: string,
    rows: readonly NewRow[],
    ...more: readonly (readonly number[])[]
  ): Promise<readonly boolean[]> {
    const all = rows.map(({ header, keyId, ...row }) => ({
      ...row,
      key_id: keyId,
      ...columnsOf(row.key, header),
    }))
    const values = [
      ...WRITTEN.map(([name]) =>
        isLong(name) ? asOne(all.map(row => row[name])) : all.map(row => row[name]),
      ),
      ...more,
    ]
    const written = await this.#session.written<{ key: string }>({ name, text }, values)
    return among(
      rows.map(({ key }) => key),
      written,
    )
  }

  async #removeAll(keys: readonly string[]): Promise<readonly boolean[]> {
    const text = 'DELETE FROM tokenctl.record WHERE key = ANY($1) RETURNING key'
    return among(keys, await this.#session.written<{ key: string }>({ name: 'remove', text }, [keys]))
  }
}

function among(keys: readonly string[], rows: readonly { readonly key: string }[]): readonly boolean[] {
  const there = new Set(rows.map(({ key }) => key))
  return keys.map(key => there.has(key))
}
