/**
 * Renewals a second: whole processes of the program over a store, against `fleet-server.js` in a process of its own, in
 * turns with the raw client on the same server. A run in which an account was asked about twice, or not at all, counts as a
 * failure of the benchmark.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineAt, makeHome, NOWHERE } from '../homes.js'
import { BIN } from '../processes.js'
import { rawPool } from '../raw-pool.js'
import { presented, refuseOdd, startServer } from '../server-process.js'
import { dueAtEbay } from './accounts.js'
import { fillFiles, fillTable, keepTable, pointTo, resetHome, resetTable } from './database.js'
import { processorTime, whole } from './usage.js'

/** The words of a worker that renews all that is due, as fast as it can, and ends then. */
export const wordsOf = inFlight => ['worker', '--once', '--no-spread', '--concurrency', String(inFlight)]

/** A store full of accounts that are due, and how to have it full again. */
export async function filledStore(store, accounts, { folder, postgres, tools }) {
  const kept = join(folder, `${store}-kept`)
  if (store === 'file') {
    const first = machineAt(makeHome(kept, store, { endpoint: NOWHERE }))
    await fillFiles(dueAtEbay(accounts), first, tools)
    // Two workers of one machine have one home.
    const homes = [1, 1].map(at => join(folder, `${store}-${at}`))
    return {
      store,
      accounts,
      machines: homes.map(home => machineAt(home)),
      reset: async () => resetHome(homes[0], kept),
      serverPid: null,
    }
  }
  const database = await postgres.createDatabase()
  const { env } = database
  const first = machineAt(makeHome(kept, store, { env, endpoint: NOWHERE }), env)
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
  const server = await startServer(['--latency', String(latency)])
  try {
    await filled.reset()
    const machines = filled.machines.slice(0, workers)
    pointTo(server.origin, machines[0])
    if (machines[1] !== undefined && machines[1].home !== machines[0].home)
      pointTo(server.origin, machines[1])
    const raw = await rawPool(server.origin, { requests: rawRequests, inFlight })
    const before = [server.pid, filled.serverPid].map(processorTime)
    const runs = await Promise.all(
      machines.map(({ env }) => whole(wordsOf(inFlight), { probe, env, bin, node, statuses: [0, 3] })),
    )
    const after = [server.pid, filled.serverPid].map(processorTime)
    // The raw client's accounts are numbers.
    const asked = await presented(server.origin, 'shop-')
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
