/**
 * How time and memory grow with the number of accounts, for each store: whole processes of `status`, `accounts list` and
 * `renew --all --due`, once where nothing is due, as for cron nearly always, and once where all is, against a marketplace on
 * loopback. In turns with an empty Node (`node -e 0`): quote the ratios.
 *
 *   npm run bench:growth                          1 to 10,000 accounts, every store; a quarter of an hour
 *   npm run bench:growth -- --store file          one store: file, keychain, postgres; repeatable
 *   npm run bench:growth -- --counts 1,10,100     other numbers of accounts; what grows faster is told from three on
 *   npm run bench:growth -- --runs 3              so many runs each, after one that does not count
 *   npm run bench:growth -- --check               ends with 1 where something grows faster than the accounts, and is not known
 *                                                 for it
 *
 * Everything happens in throw-away folders, with made-up tokens; nothing asks a marketplace. The keychain is a keyring and
 * a bus of its own, the database a server of its own; what is not installed is left out.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SERVER_SETTINGS } from './fleet/database.js'
import { besidePackages, loadParts } from './fleet/tools.js'
import { makeProbe, Others } from './fleet/usage.js'
import { allDue, COMMANDS, listed } from './growth/commands.js'
import { canTell, faster, fillTimes, table } from './growth/report.js'
import { filledWith, KEYCHAIN_MOST } from './growth/stores.js'

const { values } = parseArgs({
  options: {
    store: { type: 'string', multiple: true, default: ['file', 'keychain', 'postgres'] },
    counts: { type: 'string', default: '1,10,100,1000,10000' },
    runs: { type: 'string', default: '10' },
    check: { type: 'boolean', default: false },
  },
})
const counts = values.counts.split(',').map(Number)
const runs = Number(values.runs)
if (!counts.every(count => Number.isInteger(count) && count > 0) || !(runs >= 1))
  throw new Error('--counts takes whole numbers parted by commas, --runs one.')

const say = text => process.stderr.write(`${text}\n`)
const folder = mkdtempSync(join(tmpdir(), 'tokenctl-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const tools = await loadParts(besidePackages())
const probe = makeProbe(folder)
const others = new Others()

/** Every command over one store that holds so many accounts. */
async function measure(store, count, postgres) {
  const filled = await filledWith(store, count, {
    folder: join(folder, `${store}-${count}`),
    postgres,
    tools,
  })
  try {
    await others.look()
    const cells = []
    const add = (command, { ms, ratio, mebibytes }) => {
      const figures = `${ms.toFixed(1)} ms, ${ratio.toFixed(2)} x, ${mebibytes.toFixed(0)} MiB`
      say(`${store}, ${count}, ${command}: ${figures}`)
      cells.push({ store, count, command, fill: filled.fill, ms, ratio, mebibytes })
    }
    // First, since it leaves accounts of which none is due.
    if (!filled.isHeadersOnly) add('renew --all --due, all due', await allDue(filled, { runs, probe }))
    for (const command of COMMANDS) add(command.what, await listed(command, filled, { runs, probe }))
    return cells
  } finally {
    await filled.end()
  }
}

const missing = {
  keychain: tools.keyringMissing(),
  postgres: tools.hasPostgres() ? undefined : 'no PostgreSQL here',
}
const stores = values.store.filter(store => {
  if (missing[store] !== undefined) say(`${store} is left out: ${missing[store]}`)
  return missing[store] === undefined
})
const postgres = stores.includes('postgres')
  ? await tools.startPostgres({ settings: SERVER_SETTINGS })
  : undefined
const cells = []
const ended = []
try {
  for (const store of stores)
    for (const count of counts) {
      try {
        cells.push(...(await measure(store, count, postgres)))
      } catch (error) {
        // A daemon of others that dies under a thousand items is a figure too.
        ended.push(`- ${store}, ${count} accounts: ${error.message}`)
        say(ended.at(-1))
      }
    }
} finally {
  await postgres?.remove()
}

const { median, most } = others.cores
console.log(
  `Node ${process.versions.node}, ${cpus().length} cores (others keep ${median.toFixed(2)} of them busy, ${most.toFixed(2)} at most), ${runs} runs\n`,
)
console.log(table(cells, counts))
if (stores.includes('keychain'))
  console.log(
    `\nThe keychain is filled by \`tokenctl import\` up to ${KEYCHAIN_MOST} accounts (${fillTimes(cells)}); past them there are header files alone, and no renewal.`,
  )
if (ended.length > 0) console.log(`\nDid not come to their end:\n${ended.join('\n')}`)
const found = faster(cells)
if (!canTell(counts))
  console.log('\nWhat grows faster than the accounts cannot be told of fewer than three counts.')
else if (found.length === 0) console.log('\nNothing grows faster than the accounts.')
else console.log(`\nFaster than the accounts:\n${found.map(({ text }) => text).join('\n')}`)
if (ended.length > 0 || (values.check && found.some(({ isKnown }) => !isKnown))) process.exitCode = 1
