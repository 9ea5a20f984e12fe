/**
 * Where PostgreSQL's programs are on this machine, and as which user they run. PostgreSQL refuses to run as root, so a
 * root that tests runs them as Debian's user `postgres`; everybody else as themselves. Nothing is started here.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { hasProgram } from '../needed-program.ts'

/** Debian keeps one folder a version, and none of them on the PATH. */
const DEBIAN = '/usr/lib/postgresql'

/** The user that a server runs as; undefined: the one who tests. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** The folder of PostgreSQL's programs: the newest of Debian's, else what `pg_config` says; undefined without a server. */
export function postgresFolder(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).filter(name => /^\d+$/.test(name)) : []
  const debian = versions.sort((one, other) => Number(other) - Number(one)).map(at => join(DEBIAN, at, 'bin'))
  const told = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' }).stdout?.trim() || undefined
  return [...debian, ...(told === undefined ? [] : [told])].find(folder => existsSync(join(folder, 'initdb')))
}

/** The path of one of its programs. @throws where there is no PostgreSQL. */
export function postgresProgram(name: string): string {
  const folder = postgresFolder()
  if (folder === undefined) throw new Error('PostgreSQL is not installed here: ask hasPostgres() first.')
  return join(folder, name)
}

/** Whether a test can have a PostgreSQL here. @throws in CI, where there must be one. */
export function hasPostgres(): boolean {
  return hasProgram(join(postgresFolder() ?? DEBIAN, 'initdb'))
}

/** The path of pgbouncer; Debian's is in a folder that is not on every PATH. */
export function pgbouncerProgram(): string {
  return existsSync('/usr/sbin/pgbouncer') ? '/usr/sbin/pgbouncer' : 'pgbouncer'
}

/** Whether a test can have a pgbouncer before its PostgreSQL. @throws in CI, where there must be one. */
export function hasPgbouncer(): boolean {
  return hasPostgres() && hasProgram(pgbouncerProgram())
}

/** Who runs the servers. @throws for a root on a machine without the user `postgres`. */
export function serverOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const ask = (what: '-u' | '-g') =>
    Number.parseInt(spawnSync('id', [what, 'postgres'], { encoding: 'utf8' }).stdout, 10)
  const owner = { uid: ask('-u'), gid: ask('-g') }
  if (Number.isNaN(owner.uid) || Number.isNaN(owner.gid))
    throw new Error('PostgreSQL does not run as root, and there is no user postgres.')
  return owner
}

/** Nothing of the caller's environment: its PG* variables and its language would reach into the test. */
export const SERVER_ENV = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC', HOME: '/nonexistent' }
