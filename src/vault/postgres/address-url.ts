/**
 * The address of a database as PostgreSQL's programs write it, `postgresql://user:password@host:port/database?sslmode=…`,
 * read as libpq reads it. Nothing of it ever stands in a message: whatever is wrong with it may be its password. What libpq
 * would take for a host or a database, and is more likely the second half of a password, is refused.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS (checked 2026-11-23)
 */
import { TokenctlError } from '../../errors.ts'
import { isKeyword, type Parameters, type Said } from './parameters.ts'

/** What JDBC writes for `sslmode=require`; libpq takes it as well. */
const JDBC_SSL = 'ssl'
/** For node-postgres alone, and what it asks for is done here anyway. */
const NODE_POSTGRES = ['uselibpqcompat']

const FORM = 'Its one line is `postgresql://user:password@host:port/database?sslmode=verify-full`.'
const ENCODE =
  'In the user and the password, `@` is written `%40`, `/` `%2F`, `:` `%3A`, `?` `%3F` and `%` `%25`.'

/**
 * What an address says. `file` is where it stands, for messages.
 *
 * @throws {SETTINGS_INVALID} without a word of it.
 */
export function parseAddress(text: string, file: string): Parameters {
  const wrong: Wrong = (what, more) =>
    new TokenctlError('SETTINGS_INVALID', `The address in ${file} ${what}.`, {
      fix: [FORM, more].join(' ').trim(),
    })
  const said = new Map<string, Said>()
  for (const [keyword, raw] of wordsOf(text, wrong)) {
    const value = decoded(raw)
    if (value === undefined) throw wrong('holds a `%` that begins no `%40` or the like', ENCODE)
    // As in libpq, the last of two holds: what stands after `?` before what stands in front of it.
    if (value !== '') said.set(keyword, { value, by: `${keyword} in the address in ${file}` })
  }
  return said
}

type Wrong = (what: string, more?: string) => TokenctlError
/** A keyword and its value, still encoded; undefined where the address has none. */
type Word = readonly [keyword: string, raw: string | undefined]

function wordsOf(text: string, wrong: Wrong): readonly Word[] {
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/s.exec(text) ?? []
  if (rest === undefined) throw wrong('does not begin with postgresql://')
  if (/[\s\0]/.test(rest)) throw wrong('holds a blank', 'A blank is written %20.')
  // As in libpq, an `@` ends the user and the password where it comes before the first `/`.
  const [, login, afterLogin = rest] = /^([^@/]*)@(.*)$/s.exec(rest) ?? []
  const [, user, password] = /^([^:]*)(?::(.*))?$/s.exec(login ?? '') ?? []
  const [, where = '', database, query] = /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(afterLogin) ?? []
  if (/[@/:]/.test(database ?? '')) throw wrong('has a `/`, `:` or `@` where none belongs', ENCODE)
  return [
    ['user', user],
    ['password', password],
    ...hostAndPort(where, wrong),
    ['dbname', database],
    ...asked(query, wrong),
  ]
}

function hostAndPort(where: string, wrong: Wrong): readonly Word[] {
  if (where.includes(',')) throw wrong('names several hosts', ONE_HOST)
  const [whole, bracketed, bare, port] = /^(?:\[([^\]]*)\]|([^:[\]@]*))(?::(\d*))?$/.exec(where) ?? []
  if (whole === undefined) throw wrong('names no host and port', ENCODE)
  return [
    ['host', bracketed ?? bare],
    ['port', port],
  ]
}

/** What stands after the `?`. */
function asked(query: string | undefined, wrong: Wrong): readonly Word[] {
  const pairs = (query ?? '').split('&').filter(pair => pair !== '')
  return pairs.flatMap((pair): readonly Word[] => {
    const [keyword = '', value, ...more] = pair.split('=')
    if (value === undefined || more.length > 0) throw wrong('has a word after `?` that is no `name=value`')
    if (NODE_POSTGRES.includes(keyword)) return []
    if (keyword === JDBC_SSL && value === 'true') return [['sslmode', 'require']]
    if (!isKeyword(keyword)) throw wrong('has a word after `?` that PostgreSQL does not know', SEE_WORDS)
    return [[keyword, value]]
  })
}

/** How a person mends an address that names more hosts than one. */
export const ONE_HOST =
  'tokenctl speaks with one. Name that which takes writes: a name that follows it, or a pooler or proxy before them.'

const SEE_WORDS = 'The words are those of https://www.postgresql.org/docs/current/libpq-connect.html.'

/** Without `%xx`; undefined where that cannot be undone, or undoes to what no text of PostgreSQL's can hold. */
function decoded(raw = ''): string | undefined {
  try {
    const text = decodeURIComponent(raw)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
