/**
 * Renewals a second: whole processes of the program over a store, against `fleet-server.js` in a process of its own, in
 * turns with the raw client on the same server. A run in which an account was asked about twice, or not at all, counts as a
 * failure of the benchmark.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BIN } from '../processes.js'
import { rawPool } from '../raw-pool.js'
import { dueAtEbay } from './accounts.js'
import { fillFiles, fillTable, keepTable, makeHome, pointTo, resetHome, resetTable } from './database.js'
import { processorTime, whole } from './usage.js'

const SERVER = fileURLToPath(new URL('../fleet-server.js', import.meta.url))

/** A server of tokens on a free port; `end` ends it. */
export async function startServer(latency = 0) {
  const child = spawn(process.execPath, [SERVER, '--latency', String(latency)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const origin = await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
      if (text.includes('\n')) resolve(text.trim())
    })
    child.once('exit', () => reject(new Error('The server of tokens did not start.')))
  })
  return { origin, pid: child.pid, end: () => child.kill() }
}

/** The words of a worker that renews all that is due, as fast as it can, and ends then. */
export const wordsOf = inFlight => ['worker', '--once', '--no-spread', '--concurrency', String(inFlight)]

/** A store full of accounts that are due, and how to have it full again. */
export async function filledStore(store, accounts, { folder, postgres, tools, probe }) {
  const kept = join(folder, `${store}-kept`)
  if (store === 'file') {
    await fillFiles(dueAtEbay(accounts), await makeHome(kept, store, { probe, endpoint: NOWHERE }), tools)
    // Two workers of one machine have one home.
    const homes = [1, 1].map(at => join(folder, `${store}-${at}`))
    return {
      store,
      accounts,
      machines: homes.map(machineAt),
      reset: async () => resetHome(homes[0], kept),
      serverPid: null,
    }
  }
  const database = await postgres.createDatabase()
  const { env } = database
  const first = await makeHome(kept, store, { env, probe, endpoint: NOWHERE })
  await fillTable(dueAtEbay(accounts), accounts, database, first, tools)
  await keepTable(database)
  const homes = [1, 2].map(at => join(folder, `${store}-${at}`))
  const reset = async () => {
    for (const home of homes) resetHome(home, kept)
    await resetTable(database)
  }
  const machines = homes.map(home => machineAt(home, env))
  return { store, accounts, machines, reset, serverPid: await postmasterOf(postgres) }
}

const NOWHERE = 'http://127.0.0.1:1'
const machineAt = (home, env = {}) => ({ home, env: { ...env, TOKENCTL_HOME: home } })

async function postmasterOf(postgres) {
  const [{ data_directory: data }] = await postgres.sql('SHOW data_directory')
  return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
}

/**
 * One round: the raw client, then so many workers over the store. Rates are a second; processor time is in microseconds a
 * renewal.
 */
export async function renewalRound({
  filled,
  workers,
  inFlight,
  latency = 0,
  probe,
  rawRequests,
  bin = BIN,
  node,
}) {
  const server = await startServer(latency)
  try {
    await filled.reset()
    const machines = filled.machines.slice(0, workers)
    await pointTo(server.origin, machines[0], probe)
    if (machines[1] !== undefined && machines[1].home !== machines[0].home)
      await pointTo(server.origin, machines[1], probe)
    const raw = await rawPool(server.origin, { requests: rawRequests, inFlight })
    const before = [server.pid, filled.serverPid].map(processorTime)
    const runs = await Promise.all(
      machines.map(({ env }) => whole(wordsOf(inFlight), { probe, env, bin, node, statuses: [0, 3] })),
    )
    const after = [server.pid, filled.serverPid].map(processorTime)
    const asked = await presented(server.origin)
    refuseOdd(asked, filled.accounts)
    const seconds = (Math.max(...runs.map(({ endedAt }) => endedAt)) - asked[0].at) / 1000
    const micros = cpu => (cpu * 1e6) / filled.accounts
    return {
      rate: filled.accounts / seconds,
      raw,
      seconds: Math.max(...runs.map(run => run.seconds)),
      peakMiB: Math.max(...runs.map(({ peakMiB }) => peakMiB)),
      workerMicros: micros(runs.reduce((sum, { cpu }) => sum + cpu, 0)),
      endpointMicros: micros(after[0] - before[0]),
      postgresMicros: filled.serverPid === null ? null : micros(after[1] - before[1]),
    }
  } finally {
    server.end()
  }
}

/** What the workers presented, in order; the raw client's accounts are numbers. */
async function presented(origin) {
  const text = await (await fetch(`${origin}/log`)).text()
  return text
    .split('\n')
    .filter(line => line.includes('"account":"shop-'))
    .map(line => JSON.parse(line))
}

function refuseOdd(asked, accounts) {
  const refreshed = new Set(
    asked.filter(({ outcome }) => outcome === 'refreshed').map(({ account }) => account),
  )
  if (asked.length !== accounts || refreshed.size !== accounts)
    throw new Error(`Of ${accounts} accounts ${refreshed.size} were refreshed, by ${asked.length} requests.`)
}
