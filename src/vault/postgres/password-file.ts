/**
 * PostgreSQL's password file, `.pgpass`: the password for one place, read when the server asks for it and not before. By
 * libpq's rules, but for one: a file that others can read is not passed over with a warning but refused, as every secret of
 * ours is. (The package that `pg` brings for it reads the environment by itself, writes warnings of its own, keeps to other
 * rules: comments, short lines, what ends a password, what `\` protects, sockets; and goes away with pg 9.)
 *
 * @see https://www.postgresql.org/docs/current/libpq-pgpass.html (checked 2026-11-23)
 */
import type { Files } from '../../platform/files.ts'

/** What a line has to match. */
export interface PasswordFor {
  /** A socket in libpq's own folder, or no host at all: `localhost`. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
}

/**
 * The password of the first line that matches; undefined where there is none, or no such file.
 *
 * @throws {VAULT_UNAVAILABLE} when the file is another user's, open to others, or cannot be read.
 */
export function passwordFromFile(path: string, wanted: PasswordFor, files: Files): string | undefined {
  // Whoever manages a service hands out secrets as root's, for the service's group to read.
  const bytes = files.readPrivate(path, { code: 'VAULT_UNAVAILABLE', owner: 'system' })
  if (bytes === undefined) return undefined
  const place = [wanted.host, String(wanted.port), wanted.database, wanted.user]
  for (const line of bytes.toString('utf8').split(/\r?\n/)) {
    if (line.startsWith('#')) continue
    const fields = fieldsOf(line)
    const password = fields[place.length]
    if (!place.every((value, at) => fields[at]?.raw === '*' || fields[at]?.text === value)) continue
    if (password !== undefined && password.text !== '') return password.text
  }
  return undefined
}

interface Field {
  readonly raw: string
  /** With what `\` protects taken for itself. */
  readonly text: string
}

function fieldsOf(line: string): readonly Field[] {
  return [...line.matchAll(/((?:\\.|[^:\\]|\\$)*)(?::|$)/g)].map(([, raw = '']) => ({
    raw,
    text: raw.replace(/\\(.)/g, '$1'),
  }))
}
