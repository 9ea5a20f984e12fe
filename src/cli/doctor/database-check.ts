/**
 * The database of a fleet: which server answers and how the way there is kept, whether it takes what is written and keeps it,
 * whether this user may do what a renewal does, and whether locks hold over it. Rows are counted, none is opened.
 */
import { isTokenctlError, type TokenctlError } from '../../errors.ts'
import { SECOND } from '../../tokens/time.ts'
import { MOST_SKEW_MS, NOTED_SKEW_MS } from '../../vault/fleet.ts'
import { Forgotten } from '../../vault/lost-state.ts'
import type { PostgresStore } from '../../vault/postgres/store.ts'
import type { MissingRights, ServerFacts } from '../../vault/postgres/survey.ts'
import { showSpan } from '../render/dates.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'

/** Fewer than that are gone with the next worker and its listing. */
const FEW_CONNECTIONS = 5

/** The findings on the database, and on this machine's clock beside the server's. */
export async function databaseChecks({ vault }: Ground): Promise<readonly Finding[]> {
  if (vault === undefined) return [skipped('database', 'Not tried: the settings cannot be read.')]
  if (!vault.isFleet) return [skipped('database', 'The records do not rest in one.')]
  const { fleet, error: unseen } = vault
  if (fleet === undefined)
    return [
      unseen !== undefined && isDatabases(unseen)
        ? problem('database', unseen)
        : skipped('database', 'Not tried: see `vault`.'),
    ]
  try {
    const { missingRights, surveyServer } = await import('../../vault/postgres/survey.ts')
    const facts = await surveyServer(fleet.session)
    const { place } = fleet.session
    const hasTables = await fleet.session.hasTables()
    return [
      server(facts, place),
      ...poolerFindings(facts, place),
      ...writingFindings(facts, place),
      ...(hasTables
        ? rights(await missingRights(fleet.session), facts, place)
        : await tables(fleet, facts, place)),
      ...durability(facts, place),
      ...connections(facts, place),
      ...(hasTables ? [clock(await fleet.fleet.clockSkewMs(), place)] : []),
    ]
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return [problem('database', error, { where: fleet.session.place })]
  }
}

/** Whether it is the database that cannot be seen, and not what this machine's own folder says of it. */
function isDatabases(error: TokenctlError): boolean {
  return error.code !== 'STORE_IN_USE' && !(error instanceof Forgotten)
}

function server({ version, user, encryption }: ServerFacts, where: string): Finding {
  const answers = `PostgreSQL ${version} answers, as ${user}`
  if (encryption.kind === 'none')
    return encryption.leavesMachine
      ? warning(
          'database',
          `${answers}, in the clear: whoever listens on the way reads names, dates and states.`,
          {
            where,
            mend: 'Set sslmode to `verify-full` (PGSSLMODE), and turn TLS on there (`ssl = on`).',
          },
        )
      : ok('database', `${answers}, on this machine.`, where)
  const { protocol, name, isProven } = encryption
  const whose = name === null ? 'a server without a name' : `the server of the certificate ${name}`
  return isProven
    ? ok('database', `${answers}, over ${protocol}: ${whose}.`, where)
    : warning('database', `${answers}, over ${protocol}, and nobody vouches that it is the right one.`, {
        where,
        mend: 'Set sslmode to `verify-full` (PGSSLMODE), with the authority in sslrootcert where it is one of your own.',
      })
}

function poolerFindings({ hasPooler, isShared }: ServerFacts, where: string): readonly Finding[] {
  if (isShared)
    return [
      problem(
        'database',
        'What answers gives several programs one connection to the database, and locks would not hold.',
        {
          where,
          mend: "Set pgbouncer's `pool_mode` to `session` for this database, or give the server's own address.",
          code: 'VAULT_UNAVAILABLE',
        },
      ),
    ]
  return hasPooler
    ? [ok('database', 'A pooler stands between, and keeps a connection to one program.', where)]
    : []
}

function writingFindings({ isReplica, isReadOnly, user }: ServerFacts, where: string): readonly Finding[] {
  if (isReplica)
    return [
      problem('database', 'It is a read-only replica: nothing can be renewed over it.', {
        where,
        mend: '`tokenctl status` works there; give everything else the address of the primary.',
        code: 'WRITE_FAILED',
      }),
    ]
  if (isReadOnly)
    return [
      problem(
        'database',
        `Transactions of ${user} may only read there (\`default_transaction_read_only\`).`,
        {
          where,
          mend: 'Take that setting back, of the role, the database or the server.',
          code: 'WRITE_FAILED',
        },
      ),
    ]
  return [ok('database', 'It is a primary, and takes what is written.', where)]
}

async function tables(
  fleet: PostgresStore,
  { isReplica, user }: ServerFacts,
  where: string,
): Promise<readonly Finding[]> {
  const { mayMakeTables } = await import('../../vault/postgres/survey.ts')
  if (isReplica || (await mayMakeTables(fleet.session)))
    return [ok('database', 'There are no tables yet; the first write makes them.', where)]
  return [
    problem('database', `There are no tables yet, and ${user} may not make them.`, {
      where,
      mend: `Let the owner of the database run \`GRANT CREATE ON DATABASE\` … \`TO\` that user, or make the first write as their owner.`,
      code: 'VAULT_UNAVAILABLE',
    }),
  ]
}

function rights(
  missing: readonly MissingRights[],
  { user, schema, schemaKnown }: ServerFacts,
  where: string,
): readonly Finding[] {
  const version =
    schema === schemaKnown ? `version ${schema}` : `version ${schema}, this program's is ${schemaKnown}`
  if (missing.length === 0)
    return [
      ok(
        'database',
        `The tables are there (${version}), and ${user} may do with them what a renewal does.`,
        where,
      ),
    ]
  const each = missing.map(({ table, rights: words }) => `${words.join(', ')} on tokenctl.${table}`)
  return [
    problem('database', `${user} lacks rights: ${each.join('; ')}.`, {
      where,
      mend: 'Let the owner of the tables grant them: `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tokenctl` … `TO` that user. Where it is only to read, `tokenctl status` works.',
      code: 'VAULT_UNAVAILABLE',
    }),
  ]
}

/** Settings that would make untrue what every renewal counts on: what is answered is on the disk. */
function durability({ settings, standbys }: ServerFacts, where: string): readonly Finding[] {
  const { fsync, fullPageWrites, synchronousCommit, synchronousStandbyNames } = settings
  const lost = 'a token that was renewed just before may be lost for good.'
  const found: Finding[] = []
  const warn = (what: string, mend: string) => found.push(warning('database', what, { where, mend }))
  if (fsync !== 'on')
    warn(
      `\`fsync\` is ${fsync}: when that machine crashes, ${lost}`,
      'Set `fsync = on` in its postgresql.conf.',
    )
  if (fullPageWrites !== 'on')
    warn(
      `\`full_page_writes\` is ${fullPageWrites}: when that machine crashes, pages may be torn, and ${lost}`,
      'Set `full_page_writes = on`, unless the file system writes whole pages.',
    )
  if (synchronousCommit === 'off')
    warn(
      `\`synchronous_commit\` is off: when the server crashes, ${lost}`,
      'Take it back, of the role, the database or the server.',
    )
  if (synchronousStandbyNames !== '' && ['local', 'remote_write'].includes(synchronousCommit))
    warn(
      `\`synchronous_commit\` is ${synchronousCommit}: a standby may lack what is stored when it takes over, and ${lost}`,
      'Set `synchronous_commit = on`.',
    )
  if (found.length > 0) return found
  const behind =
    standbys > 0 && synchronousStandbyNames === ''
      ? ` It does not wait for those that follow it: what was stored in the moment before one of them takes over may be missing there.`
      : ''
  return [ok('database', `What is stored is on the disk when that is answered.${behind}`, where)]
}

function connections({ connectionsLeft, connectionsMost }: ServerFacts, where: string): readonly Finding[] {
  const of = `${Math.max(0, connectionsLeft)} of ${connectionsMost} connections`
  if (connectionsLeft >= FEW_CONNECTIONS) return [ok('database', `${of} are free.`, where)]
  return [
    warning('database', `Only ${of} are free; each command takes one, and a listing another.`, {
      where,
      mend: 'Raise max_connections (or the limit of the role or the database), run fewer workers, or put a pooler before it (`pool_mode = session`).',
    }),
  ]
}

/** All dates of records are this machine's. */
function clock(skewMs: number, where: string): Finding {
  const off = Math.abs(skewMs)
  if (off < NOTED_SKEW_MS) return ok('clock', 'The clock of this machine agrees with the database.', where)
  const words = `The clock of this machine is ${showSpan(Math.round(off / SECOND))} ${skewMs > 0 ? 'ahead of' : 'behind'} that of the database`
  const mend = 'Set the clock that is wrong (for instance by `timedatectl set-ntp true`).'
  return off > MOST_SKEW_MS
    ? problem('clock', `${words}: nothing is renewed or stored from here.`, {
        where,
        mend,
        code: 'CLOCK_WRONG',
      })
    : warning('clock', `${words}.`, { where, mend })
}
