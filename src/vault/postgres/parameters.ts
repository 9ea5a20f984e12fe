/**
 * The words in which PostgreSQL's own programs are told where a database is (libpq's parameter keywords and PG* variables),
 * and who said which. Of several places the first that says a word holds, as in libpq: address, service, environment. A
 * value is never quoted in a message: one that slipped into the wrong place may be a password.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS (checked 2026-11-23)
 */
import { TokenctlError } from '../../errors.ts'

/** One thing that was said, and by whom: `PGPORT`, `port in /etc/pg_service.conf, line 3`. */
export interface Said {
  readonly value: string
  readonly by: string
}

export type Parameters = ReadonlyMap<string, Said>

/** Every keyword of libpq, with its variable where it has one. */
const KEYWORDS: Readonly<Record<string, string | null>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  require_auth: 'PGREQUIREAUTH',
  channel_binding: 'PGCHANNELBINDING',
  service: 'PGSERVICE',
  servicefile: 'PGSERVICEFILE',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  client_encoding: 'PGCLIENTENCODING',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  fallback_application_name: null,
  keepalives: null,
  keepalives_idle: null,
  keepalives_interval: null,
  keepalives_count: null,
  tcp_user_timeout: null,
  replication: null,
  gssencmode: 'PGGSSENCMODE',
  krbsrvname: 'PGKRBSRVNAME',
  gsslib: 'PGGSSLIB',
  gssdelegation: 'PGGSSDELEGATION',
  sslmode: 'PGSSLMODE',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslcompression: 'PGSSLCOMPRESSION',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslpassword: null,
  sslcertmode: 'PGSSLCERTMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcrl: 'PGSSLCRL',
  sslcrldir: 'PGSSLCRLDIR',
  sslsni: 'PGSSLSNI',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  min_protocol_version: 'PGMINPROTOCOLVERSION',
  max_protocol_version: 'PGMAXPROTOCOLVERSION',
  requirepeer: 'PGREQUIREPEER',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  load_balance_hosts: 'PGLOADBALANCEHOSTS',
}

/**
 * What asks for a protection or a server that cannot be given. Going on as if nothing had been said would be worse than
 * to stop. Each with the values that ask for nothing more than is done anyway.
 */
const CANNOT: Readonly<Record<string, readonly string[]>> = {
  require_auth: [],
  channel_binding: ['disable', 'prefer'],
  gssencmode: ['disable', 'prefer'],
  sslcertmode: ['disable', 'allow'],
  sslcrldir: [],
  sslsni: ['1'],
  requirepeer: [],
  replication: ['false', 'off', 'no', '0'],
  // What stores and renews has to write.
  target_session_attrs: ['any', 'read-write', 'primary'],
}

/** Whether libpq knows such a word. */
export function isKeyword(word: string): boolean {
  return Object.hasOwn(KEYWORDS, word)
}

/** What the environment says. An empty variable says nothing. */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Parameters {
  const said = new Map<string, Said>()
  for (const [keyword, variable] of Object.entries(KEYWORDS)) {
    const value = variable === null ? undefined : env[variable]
    if (value !== undefined && value !== '') said.set(keyword, { value, by: variable ?? keyword })
  }
  return said
}

/**
 * All that was said, each word by the first of the places that says it.
 *
 * @throws {SETTINGS_INVALID} where something is asked for that cannot be given.
 */
export function firstOf(places: readonly Parameters[]): Parameters {
  const all = new Map<string, Said>()
  for (const place of places)
    for (const [keyword, said] of place) if (said.value !== '' && !all.has(keyword)) all.set(keyword, said)
  for (const [keyword, { value, by }] of all) {
    const harmless = CANNOT[keyword]
    if (harmless === undefined || harmless.includes(value)) continue
    throw new TokenctlError('SETTINGS_INVALID', `${by} asks for what tokenctl cannot do.`, {
      fix:
        harmless.length === 0
          ? 'Take it away, if the database may be used without it.'
          : `It does what ${oneOf(harmless)} asks for. Set that, or take it away, if the database may be used so.`,
    })
  }
  return all
}

/** The error for a value that does not fit. `expects`: `a port from 1 to 65535`. */
export function badValue({ by }: Said, expects: string): TokenctlError {
  return new TokenctlError('SETTINGS_INVALID', `${by} must be ${expects}.`, {
    fix: 'It says how to reach the database of the `postgres` store. Correct it, or take it away.',
  })
}

/**
 * A whole number of a range; undefined where nothing was said.
 *
 * @throws {SETTINGS_INVALID}
 */
export function wholeNumber(
  said: Said | undefined,
  { least, most, what }: { readonly least: number; readonly most: number; readonly what: string },
): number | undefined {
  if (said === undefined) return undefined
  const number = /^\s*[+-]?\d{1,10}\s*$/.test(said.value) ? Number(said.value) : Number.NaN
  if (number >= least && number <= most) return number
  throw badValue(said, `${what} from ${least} to ${most}`)
}

/**
 * One of some words; undefined where nothing was said.
 *
 * @throws {SETTINGS_INVALID}
 */
export function oneWord<Word extends string>(
  said: Said | undefined,
  words: readonly Word[],
): Word | undefined {
  if (said === undefined) return undefined
  const found = words.find(word => word === said.value)
  if (found === undefined) throw badValue(said, oneOf(words))
  return found
}

function oneOf(words: readonly string[]): string {
  const quoted = words.map(word => `\`${word}\``)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}
