/**
 * What a fleet costs: renewals a second over either store beside the raw client on the same endpoint, where a worker's time
 * goes, listings as the number of accounts grows, claims, and what is left of all that at a vendor's latency.
 *
 *   npm run bench:fleet                     small, within half a minute: whether it all works
 *   npm run bench:fleet -- --full           the tables of docs/fleet.md, up to a million accounts; some 20 minutes
 *   npm run bench:fleet -- --json           figures as JSON in place of tables
 *   npm run bench:fleet -- --only listings  one section: renewals, profiles, latency, listings, claims
 *   npm run bench:fleet -- --functions      with the functions that take most, below the tables
 *
 * It starts a PostgreSQL of its own, which has to be installed, and everything happens in throw-away folders, with made-up
 * tokens; nothing asks a marketplace.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fleetAccounts } from './fleet/accounts.js'
import { claims } from './fleet/claims.js'
import { fillFiles, fillTable, SERVER_SETTINGS } from './fleet/database.js'
import { COMMANDS, listing } from './fleet/listings.js'
import { profileIn } from './fleet/profile.js'
import { filledStore, renewalRound, wordsOf } from './fleet/renewals.js'
import { report } from './fleet/report.js'
import { besidePackages, buildReadable, loadParts } from './fleet/tools.js'
import { flushMs, makeProbe, Others } from './fleet/usage.js'
import { machineAt, makeHome } from './homes.js'

const SECTIONS = ['renewals', 'profiles', 'latency', 'listings', 'claims']

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    functions: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: SECTIONS },
  },
})

const SMALL = {
  rounds: 1,
  cells: [{ workers: 1, inFlight: 64 }],
  accounts: { file: 200, postgres: 400 },
  rawRequests: 2000,
  profiled: 64,
  latency: [{ inFlight: 64, accounts: 200 }],
  runs: 1,
  sizes: { file: [200], postgres: [1000] },
  claim: 64,
}
const FULL = {
  rounds: 3,
  cells: [1, 2].flatMap(workers => [64, 256].map(inFlight => ({ workers, inFlight }))),
  seconds: 7,
  rawRequests: 30_000,
  profiled: 256,
  latency: [
    { inFlight: 64, accounts: 3000 },
    { inFlight: 256, accounts: 10_000 },
  ],
  runs: 3,
  sizes: { file: [1000, 10_000], postgres: [1000, 10_000, 100_000, 1_000_000] },
  claim: 512,
}
const STORES = ['file', 'postgres']
const LATENCY_MS = 150
/** More than this, in cores, and what others do is in the figures. */
const QUIET = 0.15

const size = values.full ? FULL : SMALL
const wants = section => values.only.includes(section)
const say = text => process.stderr.write(`${text}\n`)
const others = new Others()

const bundles = besidePackages()
const folder = mkdtempSync(join(tmpdir(), 'tokenctl-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const probe = makeProbe(folder)
const tools = await loadParts(bundles)

/** A folder of its own for a part of the benchmark. */
let folders = 0
const newFolder = () => {
  const path = join(folder, String(++folders))
  mkdirSync(path)
  return path
}

/** How many accounts keep one worker over a store busy for some seconds, as it looks at the first of them. */
const fitting = new Map()
async function accountsFor(store, postgres) {
  if (size.accounts !== undefined) return size.accounts[store]
  if (!fitting.has(store)) {
    const filled = await filledStore(store, 1000, { folder: newFolder(), postgres, tools })
    const { rate } = await renewalRound({ filled, workers: 1, inFlight: 64, probe, rawRequests: 1000 })
    // All are of one app, of which eBay allows 50,000 a day.
    fitting.set(store, Math.min(20_000, Math.max(1000, Math.round((rate * size.seconds) / 1000) * 1000)))
    say(`${store}: ${fitting.get(store)} accounts`)
  }
  return fitting.get(store)
}

async function measureRenewals(postgres) {
  const cells = STORES.flatMap(store => size.cells.map(cell => ({ store, ...cell, rounds: [] })))
  const filled = {}
  for (const store of STORES) {
    const accounts = await accountsFor(store, postgres)
    filled[store] = await filledStore(store, accounts, { folder: newFolder(), postgres, tools })
  }
  for (let round = 0; round < size.rounds; round++) {
    for (const cell of cells) {
      await others.look()
      const { store, workers, inFlight } = cell
      const [seen, rawRequests] = [filled[store], size.rawRequests]
      const figures = await renewalRound({ filled: seen, workers, inFlight, probe, rawRequests })
      cell.rounds.push(figures)
      cell.accounts = seen.accounts
      say(
        `${store}, ${workers} x ${inFlight} in flight: ${Math.round(figures.rate)}/s, raw ${Math.round(figures.raw)}/s`,
      )
    }
  }
  return cells
}

async function measureProfiles(postgres) {
  const bin = await buildReadable(bundles)
  const profiles = []
  for (const store of STORES) {
    const own = newFolder()
    const accounts = await accountsFor(store, postgres)
    const filled = await filledStore(store, accounts, { folder: own, postgres, tools })
    const profile = join(own, 'profile')
    const node = ['--cpu-prof', `--cpu-prof-dir=${profile}`]
    const inFlight = size.profiled
    await renewalRound({ filled, workers: 1, inFlight, probe, rawRequests: 1000, bin, node })
    profiles.push({ store, inFlight, accounts: filled.accounts, ...profileIn(profile) })
    say(`${store}: profiled`)
  }
  return profiles
}

async function measureLatency(postgres) {
  const cells = []
  for (const store of STORES) {
    for (const { inFlight, accounts: most } of size.latency) {
      const accounts = Math.min(most, await accountsFor(store, postgres))
      const filled = await filledStore(store, accounts, { folder: newFolder(), postgres, tools })
      await others.look()
      const options = {
        filled,
        workers: 1,
        inFlight,
        probe,
        latency: LATENCY_MS,
        rawRequests: inFlight * 20,
      }
      const rounds = [await renewalRound(options)]
      cells.push({ store, inFlight, latency: LATENCY_MS, accounts, rounds })
      say(`${store}, ${inFlight} in flight at ${LATENCY_MS} ms: ${Math.round(rounds[0].rate)}/s`)
    }
  }
  return cells
}

async function measureListings(store, accounts, machine) {
  const all = []
  for (const command of COMMANDS) {
    await others.look()
    // Those of a million take long enough for chance to be small in them.
    const runs = accounts > 100_000 ? 1 : size.runs
    all.push({ store, ...(await listing(command, accounts, { env: machine.env, probe, runs })) })
    say(`${store}, ${accounts} accounts, ${all.at(-1).command}: ${all.at(-1).seconds.toFixed(2)} s`)
  }
  return all
}

/** Listings and claims, over stores that grow. */
async function measureSizes(postgres) {
  const [listings, found] = [[], []]
  const files = machineAt(makeHome(join(newFolder(), 'home'), 'file'))
  let from = 0
  for (const accounts of wants('listings') ? size.sizes.file : []) {
    await fillFiles(fleetAccounts(from, accounts), files, tools)
    listings.push(...(await measureListings('file', accounts, files)))
    from = accounts
  }
  const database = await postgres.createDatabase()
  const machine = machineAt(
    makeHome(join(newFolder(), 'home'), 'postgres', { env: database.env }),
    database.env,
  )
  from = 0
  for (const accounts of size.sizes.postgres) {
    await fillTable(fleetAccounts(from, accounts), accounts - from, database, machine, tools)
    say(`${accounts} rows`)
    if (wants('listings')) listings.push(...(await measureListings('postgres', accounts, machine)))
    if (wants('claims')) {
      found.push({ accounts, ...(await claims(database, size.claim, tools)) })
      await database.sql('TRUNCATE tokenctl.claim')
    }
    from = accounts
  }
  return { listings, claims: found }
}

async function measure(postgres) {
  const [{ version }] = await postgres.sql("SELECT current_setting('server_version') AS version")
  const began = Date.now()
  const flush = flushMs(folder)
  const sections = { renewals: [], profiles: [], latency: [], listings: [], claims: [] }
  if (wants('renewals')) sections.renewals = await measureRenewals(postgres)
  if (wants('profiles')) sections.profiles = await measureProfiles(postgres)
  if (wants('latency')) sections.latency = await measureLatency(postgres)
  if (wants('listings') || wants('claims')) Object.assign(sections, await measureSizes(postgres))
  await others.look()
  return {
    command: `npm run bench:fleet${process.argv.slice(2).length > 0 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`,
    renewedBy: `tokenctl ${wordsOf('N').join(' ')}`,
    date: new Date(began).toISOString().slice(0, 10),
    version: JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
    node: process.versions.node,
    postgres: version.split(' ')[0],
    settings: SERVER_SETTINGS,
    cores: cpus().length,
    processor: cpus()[0].model,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    flush,
    others: others.cores,
    isQuiet: others.cores.median <= QUIET,
    minutes: (Date.now() - began) / 60_000,
    ...sections,
  }
}

const postgres = await tools.startPostgres({ settings: SERVER_SETTINGS })
try {
  const result = await measure(postgres)
  console.log(values.json ? JSON.stringify(result, null, 2) : report(result))
  if (values.functions) {
    for (const { store, functions } of result.profiles) {
      say(`\n${store}`)
      for (const { what, share } of functions) say(`${(share * 100).toFixed(1).padStart(6)} %  ${what}`)
    }
  }
} finally {
  await postgres.remove()
}
