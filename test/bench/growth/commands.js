/** The runs that are measured, each against an empty Node in turns. A run that did something else than it should throws. */

import { pointTo } from '../fleet/database.js'
import { whole } from '../fleet/usage.js'
import { BIN, median, milliseconds, run } from '../processes.js'
import { presented, refuseOdd, startServer } from '../server-process.js'

/** Bigger stores take seconds a run: so many runs, and the figure is as good. */
const FEW_FROM = 1000
const FEW = 3
/** From so many accounts on, renewing all of them is done once. */
const ONCE_FROM = 10_000
const PEAKS = 3

/** What asks nobody, over accounts of which none is due; and how to tell that it did its work. */
export const COMMANDS = [
  { what: 'status', words: ['status'], isDone: ({ lines }, count) => lines >= count },
  { what: 'accounts list', words: ['accounts', 'list'], isDone: ({ lines }, count) => lines >= count },
  {
    what: 'renew --all --due, nothing due',
    words: ['renew', '--all', '--due'],
    // A keychain that holds many says so besides.
    isDone: ({ said }) => said.startsWith('Nothing is due.\n'),
  },
]

/** One command over a store as it stands: median milliseconds and ratio, and the largest peak memory. */
export async function listed({ what, words, isDone }, { env, count }, { runs, probe }) {
  const { stdout, stderr } = run([BIN, ...words], { env })
  const lines = String(stdout).split('\n').length - 1
  if (!isDone({ lines, said: String(stderr) }, count))
    throw new Error(`${what} over ${count} accounts printed ${lines} lines:\n${stderr}`)
  const turns = []
  for (let turn = 0; turn < runs; turn++) {
    const empty = milliseconds(['-e', '0'])
    turns.push({ empty, ms: milliseconds([BIN, ...words], { env }) })
  }
  const peaks = []
  for (let peak = 0; peak < PEAKS; peak++) peaks.push((await whole(words, { env, probe })).peakMiB)
  return { ...middle(turns), mebibytes: Math.max(...peaks) }
}

/** Renews a store full of accounts that are all due, put back before each run. Leaves all of them fresh. */
export async function allDue(filled, { runs, probe }) {
  const { count } = filled
  const times = count >= ONCE_FROM ? 1 : count >= FEW_FROM ? Math.min(runs, FEW) : runs
  const turns = []
  const peaks = []
  // One that does not count, where it costs little.
  for (let turn = count >= FEW_FROM ? 0 : -1; turn < times; turn++) {
    const server = await startServer()
    try {
      await filled.reset()
      pointTo(server.origin, filled)
      const empty = milliseconds(['-e', '0'])
      const { seconds, peakMiB } = await whole(['renew', '--all', '--due'], {
        env: filled.env,
        probe,
        statuses: [0, 3],
      })
      refuseOdd(await presented(server.origin), count)
      if (turn >= 0) turns.push({ empty, ms: seconds * 1000 })
      peaks.push(peakMiB)
    } finally {
      server.end()
    }
  }
  return { ...middle(turns), mebibytes: Math.max(...peaks) }
}

function middle(turns) {
  return { ms: median(turns.map(({ ms }) => ms)), ratio: median(turns.map(({ ms, empty }) => ms / empty)) }
}
