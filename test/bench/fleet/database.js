/** The database of the benchmark, and the records of its machines' homes: filled in bulk, and sealed for real. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BIN, run } from '../processes.js'

// As a small server would have them; the support's own are for tests. All else is PostgreSQL's default, fsync above all.
export const SERVER_SETTINGS = {
  shared_buffers: '512MB',
  max_wal_size: '4GB',
  maintenance_work_mem: '256MB',
}
/** From so many rows on it is quicker to make the indexes anew. */
const WITHOUT_INDEXES_FROM = 50_000

/** Tells the program in a home where eBay is. */
export function pointTo(endpoint, { env }) {
  run([BIN, 'config', 'set', 'endpoint.ebay', endpoint], { env })
}

/** The key that a home's records are sealed with. */
export async function keyOf({ home }, { vaultKey }) {
  return await vaultKey(readFileSync(join(home, 'vault.key')))
}

/** Writes accounts into a home of the file store, in no hurry to have them on the disk. */
export async function fillFiles(accounts, machine, tools) {
  const key = await keyOf(machine, tools)
  for (const account of accounts) {
    const { file, text } = await tools.sealedAccount(account, key)
    writeFileSync(join(machine.home, 'state', 'records', file), text, { mode: 0o600 })
  }
}

/** Adds accounts to the table of a database, as `COPY` reads them, and leaves it as vacuum would. */
export async function fillTable(accounts, count, database, machine, tools) {
  const key = await keyOf(machine, tools)
  const indexes =
    count < WITHOUT_INDEXES_FROM
      ? []
      : await database.sql(
          `SELECT indexdef, indexname FROM pg_indexes WHERE schemaname = 'tokenctl' AND tablename = 'record' AND indexname <> 'record_pkey'`,
        )
  for (const { indexname } of indexes) await database.sql(`DROP INDEX tokenctl.${indexname}`)
  await copyIn(accounts, key, database, tools)
  for (const { indexdef } of indexes) await database.sql(indexdef)
  await database.sql('VACUUM (ANALYZE) tokenctl.record')
  await database.sql('CHECKPOINT')
}

async function copyIn(accounts, key, { env }, { postgresProgram, sealedAccount }) {
  let psql
  let said = ''
  let waiting = ''
  const flush = async () => {
    const text = waiting
    waiting = ''
    if (!psql.stdin.write(text)) await once(psql.stdin, 'drain')
  }
  for (const account of accounts) {
    const { columns } = await sealedAccount(account, key)
    if (psql === undefined) {
      const command = `\\copy tokenctl.record (${Object.keys(columns).join(', ')}) FROM pstdin`
      psql = spawn(postgresProgram('psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c', command], {
        env: { PATH: process.env.PATH, LC_ALL: 'C', ...env },
        stdio: ['pipe', 'ignore', 'pipe'],
      })
      psql.stderr.on('data', chunk => {
        said += chunk
      })
    }
    waiting += `${Object.values(columns).map(copied).join('\t')}\n`
    if (waiting.length > 1 << 18) await flush()
  }
  await flush()
  psql.stdin.end()
  const [status] = await once(psql, 'close')
  if (status !== 0) throw new Error(`COPY ended with ${status}:\n${said}`)
}

const ESCAPES = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
const copied = value =>
  value === null ? '\\N' : String(value).replace(/[\\\t\n\r]/g, character => ESCAPES[character])

/** Keeps what the table holds now, to begin with it again and again. */
export async function keepTable(database) {
  await database.sql('CREATE SCHEMA IF NOT EXISTS bench')
  await database.sql('DROP TABLE IF EXISTS bench.kept')
  await database.sql('CREATE UNLOGGED TABLE bench.kept AS TABLE tokenctl.record')
}

/** Puts the table back as it was kept, and forgets what was sent today and who looks after what. */
export async function resetTable(database) {
  await database.sql(`TRUNCATE tokenctl.record, tokenctl.journal, tokenctl.journal_aside, tokenctl.claim, tokenctl.sent, tokenctl.rate;
    INSERT INTO tokenctl.record TABLE bench.kept`)
  await database.sql('VACUUM (ANALYZE) tokenctl.record')
  await database.sql('CHECKPOINT')
}

/** Puts a home back as another one is, records and all. */
export function resetHome(home, kept) {
  rmSync(home, { recursive: true, force: true })
  cpSync(kept, home, { recursive: true, preserveTimestamps: true })
}
