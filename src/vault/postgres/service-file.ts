/**
 * The connection service file of PostgreSQL's programs, pg_service.conf: which entry says what. Read by libpq's own rules,
 * also where they are strict: no blanks around `=`, no comment behind a value, the first of two lines holds. No value is
 * ever quoted, and an entry that holds a password counts only in a file that is private.
 *
 * @see https://www.postgresql.org/docs/current/libpq-pgservice.html (checked 2026-11-23)
 */
import { join } from 'node:path'
import { TokenctlError } from '../../errors.ts'
import type { Files } from '../../platform/files.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import { isKeyword, type Parameters, type Said } from './parameters.ts'

export interface ServiceFileHost {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly files: Files
  /** The folder of a person's own `.pg_service.conf`; undefined where nobody is at home. */
  readonly ownFolder: string | undefined
}

/** Where Debian's libpq looks, and those that were built without another word (`./configure`). */
const SYSTEM_FOLDERS = ['/etc/postgresql-common', '/usr/local/pgsql/etc']

/**
 * What the entry `name` says. `by` is who named it: `PGSERVICE`.
 *
 * @throws {SETTINGS_INVALID} when no file has it, or a line of it is wrong · {VAULT_UNAVAILABLE} when it holds a password
 *   and others can read the file.
 */
export function readService(
  { value: name, by }: Said,
  { env, files, ownFolder }: ServiceFileHost,
): Parameters {
  const named = env['PGSERVICEFILE'] || undefined
  const own = named ?? (ownFolder && join(ownFolder, '.pg_service.conf'))
  const system = env['PGSYSCONFDIR'] ? [env['PGSYSCONFDIR']] : SYSTEM_FOLDERS
  const paths = [
    ...(own === undefined ? [] : [own]),
    ...system.map(folder => join(folder, 'pg_service.conf')),
  ]
  for (const path of paths) {
    const text = files.readPlain(path)
    if (text === undefined && path === named)
      throw new TokenctlError('SETTINGS_INVALID', `There is no file ${path}, which PGSERVICEFILE names.`, {
        fix: 'Correct PGSERVICEFILE, or take it away: then ~/.pg_service.conf is read.',
      })
    const said = text === undefined ? undefined : entryOf(text, name, path)
    if (said === undefined) continue
    // Its checks alone are wanted: what was read above is what counts, through links as well.
    if (said.has('password')) files.readPrivate(path, { code: 'VAULT_UNAVAILABLE', owner: 'system' })
    return said
  }
  throw new TokenctlError(
    'SETTINGS_INVALID',
    `${by} names the service ${quoteTyped(name)}, which no file has.`,
    {
      fix: `Add an entry \`[${name}]\` to one of these, or correct the name: ${paths.join(', ')}.`,
    },
  )
}

/** What the file's entry says; undefined when it has none. */
function entryOf(text: string, name: string, path: string): Parameters | undefined {
  const said = new Map<string, Said>()
  let isOurs = false
  for (const [at, line] of text
    .split('\n')
    .map(each => each.trim())
    .entries()) {
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('[')) {
      if (isOurs) break
      isOurs = line.startsWith(`[${name}]`)
    } else if (isOurs) {
      const [keyword, value] = pairOf(line, `${path}, line ${at + 1}`)
      // As in libpq, the first line of a word holds.
      if (!said.has(keyword)) said.set(keyword, { value, by: `${keyword} in ${path}, line ${at + 1}` })
    }
  }
  return isOurs ? said : undefined
}

function pairOf(line: string, place: string): readonly [keyword: string, value: string] {
  const wrong = (what: string, fix: string) =>
    new TokenctlError('SETTINGS_INVALID', `${place} ${what}.`, { fix })
  if (line.startsWith('ldap'))
    throw wrong('sends to a directory (LDAP), which tokenctl does not ask', 'Write the values themselves.')
  const end = line.indexOf('=')
  const keyword = line.slice(0, end)
  if (end === -1 || !isKeyword(keyword))
    throw wrong(
      'is no `name=value` that PostgreSQL knows',
      'Write it without blanks around the `=`: `host=db.example`.',
    )
  if (keyword === 'service' || keyword === 'servicefile')
    throw wrong('names another service, and entries cannot', 'Write the values themselves.')
  return [keyword, line.slice(end + 1)]
}
