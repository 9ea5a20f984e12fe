/** What listings cost as a fleet grows: whole processes, from spawn to the first byte and to exit, with their peak memory. */
import { median } from '../processes.js'
import { DUE_ONE_IN } from './accounts.js'
import { whole } from './usage.js'

/** What is asked, and how many lines come of so many accounts, where that is known. */
export const COMMANDS = [
  { words: ['status', '--json'] },
  { words: ['status', '--format', 'jsonl'], linesOf: accounts => accounts },
  { words: ['renew', '--due', '--dry-run'], linesOf: accounts => Math.ceil(accounts / DUE_ONE_IN) },
]

/** So many runs of one command over a home: seconds to the first byte and to exit, and the largest peak memory. */
export async function listing({ words, linesOf }, accounts, { env, probe, runs }) {
  const all = []
  for (let run = 0; run < runs; run++) {
    // Accounts that wait for a person, or that `renew` can mend, are told by the exit status.
    all.push(await whole(words, { env, probe, statuses: [0, 3, 4] }))
    const { lines } = all.at(-1)
    const least = linesOf?.(accounts) ?? 1
    if (lines < least) throw new Error(`${words.join(' ')} over ${accounts} accounts printed ${lines} lines.`)
  }
  return {
    command: words.join(' '),
    accounts,
    firstByte: median(all.map(({ firstByte }) => firstByte)),
    seconds: median(all.map(({ seconds }) => seconds)),
    slowest: Math.max(...all.map(({ seconds }) => seconds)),
    cpu: median(all.map(({ cpu }) => cpu)),
    peakMiB: Math.max(...all.map(({ peakMiB }) => peakMiB)),
  }
}
