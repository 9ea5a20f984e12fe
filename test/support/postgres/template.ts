/**
 * The empty cluster that every cluster of a test run begins as: made once, by the first who needs it, and copied from
 * then on. Making it takes seconds, a copy a fraction of one. Nothing ever runs in it.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '../../../src/platform/clock.ts'
import { holdLock } from '../../../src/platform/file-lock.ts'
import { ADMIN, quoteLiteral, USER } from './access.ts'
import { type Owner, postgresProgram, SERVER_ENV } from './programs.ts'
import { runFolder } from './run-folder.ts'
import { makeServerFolder } from './server-folder.ts'

// PostgreSQL's own two templates, in which nobody can log in, so that nothing ever writes to their files: all clusters of
// a run have the same ones. The two are half of an empty cluster, and a copy costs by the file.
const UNTOUCHED = 'untouched'

const MADE_WITHIN_MS = 60_000

const run = promisify(execFile)

/** Through the socket, whose folder is its owner's alone, everybody is who they say; over TCP by their password. */
const WHO_MAY = `
local all all trust
local replication all trust
host all all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`

// Shared memory that lies in the cluster's folder is removed with it, however the server ended.
const SETTINGS = `
listen_addresses = '127.0.0.1'
max_connections = 50
shared_buffers = 16MB
dynamic_shared_memory_type = mmap
wal_keep_size = 128MB
log_line_prefix = '%m [%p] %q%u@%d %a '
`

/** Copies the template to a path that is not there yet; its owner is the server's. */
export async function copyTemplate(target: string): Promise<void> {
  const folder = runFolder()
  const template = join(folder, 'cluster')
  const how = { what: 'the template', clock: systemClock, waitMs: MADE_WITHIN_MS }
  await holdLock(join(folder, 'cluster.lock'), how, async () => {
    if (!existsSync(template)) await makeTemplate(folder, template)
  })
  await run('cp', ['-a', template, target])
  await run('cp', ['-al', ...databasesIn(join(folder, UNTOUCHED)), join(target, 'base')])
}

async function makeTemplate(folder: string, template: string): Promise<void> {
  const { path, owner, remove } = makeServerFolder()
  const data = join(path, 'data')
  const password = join(path, 'password')
  writeFileSync(password, `${ADMIN.password}\n`, { mode: 0o644 })
  const how = ['--encoding=UTF8', '--locale=C', '--no-sync', '--auth=scram-sha-256', `--pwfile=${password}`]
  await run(postgresProgram('initdb'), ['-D', data, '-U', ADMIN.user, ...how], {
    cwd: path,
    env: SERVER_ENV,
    ...owner,
  })
  writeFileSync(join(data, 'pg_hba.conf'), WHO_MAY)
  appendFileSync(join(data, 'postgresql.conf'), SETTINGS)
  // One line is one command there.
  await alone(data, owner, [
    `CREATE ROLE ${USER.user} LOGIN PASSWORD ${quoteLiteral(USER.password)}`,
    `ALTER DATABASE postgres RENAME TO ${USER.database}`,
    `ALTER DATABASE ${USER.database} OWNER TO ${USER.user}`,
    // It is the one that these commands run in, of which ALTER DATABASE would not do it.
    "UPDATE pg_database SET datallowconn = false WHERE datname = 'template1'",
  ])
  if (owner !== undefined) chmodSync(folder, 0o711)
  // Of the three databases the last that was made is the one to work in.
  mkdirSync(join(folder, UNTOUCHED))
  for (const database of databasesIn(join(data, 'base')).slice(0, -1))
    renameSync(database, join(folder, UNTOUCHED, basename(database)))
  // In one step, so that a template that is there is whole.
  renameSync(data, template)
  remove()
}

/** The folders of databases, in the order in which they were made. */
function databasesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .sort((one, other) => Number(one) - Number(other))
    .map(name => join(folder, name))
}

/** Runs commands by a server that nobody else can reach, and that ends after them. */
async function alone(data: string, owner: Owner | undefined, commands: readonly string[]): Promise<void> {
  const server = spawn(postgresProgram('postgres'), ['--single', '-F', '-j', '-D', data, 'template1'], {
    cwd: data,
    env: SERVER_ENV,
    stdio: ['pipe', 'ignore', 'pipe'],
    ...owner,
  })
  let said = ''
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  server.stdin.end(commands.map(command => `${command};\n\n`).join(''))
  const [status] = await once(server, 'close')
  if (status !== 0 || /ERROR|FATAL/.test(said)) throw new Error(`No template of a cluster:\n${said}`)
}
