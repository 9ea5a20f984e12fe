/**
 * Where the database is, from the places where PostgreSQL's own programs look, and never from the command line: the private
 * file with an address (`postgres-url-file`), an entry of pg_service.conf (`postgres-service`, PGSERVICE), the PG*
 * variables, and libpq's defaults. Each word is taken from the first place that says it. All of it comes from what is handed
 * in; `ambient.ts` keeps out what `pg` takes from the process by itself. A password is in no message and no listing, and a
 * password file is opened only when the server asks. Off this machine the server proves its name unless told otherwise
 * (`tls.ts`): headers are not sealed.
 */
import { join } from 'node:path'
import type { ClientConfig } from 'pg'
import { TokenctlError } from '../../errors.ts'
import type { Files } from '../../platform/files.ts'
import { Secret } from '../../tokens/secret.ts'
import { parseAddress } from './address-url.ts'
import { firstOf, fromEnvironment, type Parameters, type Said, wholeNumber } from './parameters.ts'
import { passwordFromFile } from './password-file.ts'
import { isRefusedFor } from './problems.ts'
import { readService } from './service-file.ts'
import { type Encryption, type TlsChoice, tlsOf } from './tls.ts'
import { defaultHost, shown, type Where, whereOf } from './where.ts'

export interface AddressOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly settings: {
    /** `postgres-service`. */
    readonly service?: string | undefined
    /** `postgres-url-file`. */
    readonly urlFile?: string | undefined
  }
  readonly files: Files
  readonly platform: NodeJS.Platform
  readonly homeDir: string
  /** Who this is to the system; may throw where it does not know. Else it is who the environment says (USER, USERNAME). */
  readonly userName?: () => string
}

export interface PostgresAddress {
  /** For `pg`. Holds no password in the open, and no limit on statements: a pooler may refuse one at the start. */
  readonly config: ClientConfig
  /** For messages: `db.example:5432/tokenctl`. */
  readonly place: string
  /**
   * What to try once more, where `sslmode` is `allow` or `prefer` and the failure is one that the other way may help
   * against.
   */
  readonly otherwise?: (error: unknown) => ClientConfig | undefined
}

/** libpq waits for ever; whoever renews at night should not. In seconds. */
const CONNECT_SECONDS = 10
/** A connection that a firewall forgot is found out by itself, long before the next statement. In seconds. */
const KEEPALIVE_SECONDS = 30
const TEN_YEARS_SECONDS = 315_360_000

/**
 * Where the database is and how to speak with it.
 *
 * @throws {SETTINGS_INVALID} naming what is wrong and where it stands · {VAULT_UNAVAILABLE} for a file of secrets that is not
 *   private or cannot be read. `config.password` throws as well, when it is asked: {VAULT_UNAVAILABLE}.
 */
export function addressOf(from: AddressOptions): PostgresAddress {
  const home = libpqHome(from)
  const said = gather(from, home)
  const where = whereOf(said, from.platform)
  const user = said.get('user')?.value ?? nameOf(from)
  if (user === undefined || user === '')
    throw new TokenctlError('SETTINGS_INVALID', 'It is not said as which user the database is used.', {
      fix: 'Set PGUSER, or write it into the address or the service.',
    })
  const database = said.get('dbname')?.value ?? user
  const place = `${shown(where.host)}:${where.port}/${shown(database)}`
  const tls = tlsOf(said, where, { files: from.files, ownFolder: home.certificates })
  const [options, application] = [said.get('options')?.value, said.get('application_name')?.value]
  const configWith = (ssl: Encryption): ClientConfig => ({
    host: where.connectTo,
    port: where.port,
    user,
    database,
    password: passwordOf(said, { ...where, database, user, place }, home.passwords, from),
    ssl,
    sslnegotiation: tls.negotiation,
    client_encoding: 'utf8',
    ...paceOf(said),
    ...(options !== undefined && { options }),
    ...(application !== undefined && { application_name: application }),
  })
  return { config: configWith(tls.first), place, ...otherwiseOf(tls, configWith) }
}

function otherwiseOf(
  { first, otherwise }: TlsChoice,
  configWith: (ssl: Encryption) => ClientConfig,
): Pick<PostgresAddress, 'otherwise'> {
  if (otherwise === undefined) return {}
  const config = configWith(otherwise)
  return { otherwise: error => (isRefusedFor(error, first === false ? 'clear' : 'tls') ? config : undefined) }
}

/** What was said, each word by the first place that says it. */
function gather({ settings, env, files }: AddressOptions, home: LibpqHome): Parameters {
  const address =
    settings.urlFile === undefined ? new Map<string, Said>() : addressIn(settings.urlFile, files)
  const environment = fromEnvironment(env)
  const named: Said | undefined =
    settings.service !== undefined
      ? { value: settings.service, by: 'The setting `postgres-service`' }
      : (address.get('service') ?? environment.get('service'))
  const service =
    named === undefined ? new Map() : readService(named, { env, files, ownFolder: home.services })
  return firstOf([address, service, environment])
}

/** The address in a private file. No word of it is ever in a message. */
function addressIn(path: string, files: Files): Parameters {
  const bytes = files.readPrivate(path, { code: 'VAULT_UNAVAILABLE', owner: 'system', maxBytes: 16_384 })
  if (bytes === undefined)
    throw new TokenctlError(
      'SETTINGS_INVALID',
      `There is no file ${path}, which the setting \`postgres-url-file\` names.`,
      {
        fix: 'Write the address into it (`postgresql://…`, one line, mode 600), or `tokenctl config unset postgres-url-file`.',
      },
    )
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  const [text] = lines
  if (text === undefined || lines.length > 1)
    throw new TokenctlError(
      'SETTINGS_INVALID',
      `${path} holds ${lines.length === 0 ? 'no line' : `${lines.length} lines`} in place of one.`,
      {
        fix: 'Its one line is `postgresql://user:password@host:port/database?sslmode=verify-full`.',
      },
    )
  return parseAddress(text, path)
}

interface LibpqHome {
  readonly services: string
  readonly certificates: string
  readonly passwords: string
}

/** Where a person's own files of libpq's are. */
function libpqHome({ platform, homeDir, env }: AddressOptions): LibpqHome {
  if (platform !== 'win32')
    return {
      services: homeDir,
      certificates: join(homeDir, '.postgresql'),
      passwords: join(homeDir, '.pgpass'),
    }
  const folder = join(env['APPDATA'] || join(homeDir, 'AppData', 'Roaming'), 'postgresql')
  return { services: folder, certificates: folder, passwords: join(folder, 'pgpass.conf') }
}

/** As in libpq, who runs it; a container may run as a number that has no name. */
function nameOf({ env, platform, userName }: AddressOptions): string | undefined {
  try {
    const name = userName?.()
    if (name !== undefined && name !== '') return name
  } catch {
    // The environment may know.
  }
  return platform === 'win32' ? env['USERNAME'] : env['USER'] || env['LOGNAME']
}

/** A function, so that no listing of the configuration shows it and no file is read that is not needed. */
function passwordOf(
  said: Parameters,
  to: Where & { readonly database: string; readonly user: string; readonly place: string },
  ownFile: string,
  { files, platform }: AddressOptions,
): () => string {
  const given = said.get('password')
  if (given !== undefined) {
    const secret = new Secret(given.value)
    return () => secret.reveal()
  }
  const path = said.get('passfile')?.value ?? ownFile
  return () => {
    const host = to.host === defaultHost(platform) ? 'localhost' : to.host
    const found = passwordFromFile(path, { ...to, host }, files)
    if (found !== undefined) return found
    throw new TokenctlError(
      'VAULT_UNAVAILABLE',
      `The database ${to.place} asks for the password of ${shown(to.user)}, and none is given.`,
      {
        fix: `Write the line \`host:port:database:user:password\` into ${path} (mode 600), or the password into the file that the setting \`postgres-url-file\` names; PGPASSWORD serves as well.`,
      },
    )
  }
}

/** How long to wait for a connection, and how one that is dead is found out. */
function paceOf(said: Parameters): ClientConfig {
  const seconds = wholeNumber(said.get('connect_timeout'), {
    least: 0,
    most: 86_400,
    what: 'a number of seconds',
  })
  // As in libpq: no time at all means without end.
  const connectSeconds = seconds ?? CONNECT_SECONDS
  const isKeptAlive = wholeNumber(said.get('keepalives'), { least: 0, most: 1, what: 'a number' }) !== 0
  const idle = wholeNumber(said.get('keepalives_idle'), {
    least: 0,
    most: TEN_YEARS_SECONDS,
    what: 'a number of seconds',
  })
  return {
    connectionTimeoutMillis: connectSeconds * 1000,
    keepAlive: isKeptAlive,
    keepAliveInitialDelayMillis: (idle || KEEPALIVE_SECONDS) * 1000,
  }
}
