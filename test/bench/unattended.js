/**
 * What the scheduled run costs on the days on which nothing is due, which are most: `renew --all --due` over 1,000
 * accounts of a file vault, as cron starts it, from spawn to exit. The bars are the issue's: 1.5 seconds, 150 MiB, nobody
 * asked over the network.
 *
 *   npm run bench:unattended               20 runs
 *   npm run bench:unattended -- 5          5 runs
 *   npm run bench:unattended -- --check    ends with 1 when a bar is missed
 *
 * Everything happens in a throw-away home, with made-up tokens.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ago, makeHome } from './homes.js'
import { BIN, line, median, milliseconds, run, seen } from './processes.js'

const words = process.argv.slice(2)
const runs = Number(words.find(word => /^\d+$/.test(word)) ?? 20)
const COMMAND = ['renew', '--all', '--due']

/** Renewed a while ago, and not due before months. AliExpress alone says when a consent ends. */
const fresh = index => ({
  consentAt: ago(60),
  renewedAt: ago(1 + (index % 30)),
  ...(index % 3 === 2 ? { endsAt: ago(-200) } : {}),
})

const folder = mkdtempSync(join(tmpdir(), 'tokenctl-bench-'))
try {
  const home = makeHome(join(folder, 'thousand'), 'file', { count: 1000, dates: fresh })
  const { stdout, stderr } = run([BIN, ...COMMAND], { home })
  if (stdout.length > 0 || String(stderr) !== 'Nothing is due.\n')
    throw new Error(`Something is due, so this measures another run:\n${stdout}${stderr}`)
  const load = loadavg()[0]?.toFixed(1)
  console.log(`Node ${process.versions.node}, ${cpus().length} cores, load ${load}, ${runs} runs\n`)
  const times = Array.from({ length: runs }, () => milliseconds([BIN, ...COMMAND], { home }) / 1000)
  const { mebibytes, connections } = seen(COMMAND, home, folder)
  const [middle, longest] = [median(times), Math.max(...times)]
  const missed = [
    line(
      'nothing due, 1,000 accounts',
      `${middle.toFixed(2)} s`,
      `longest ${longest.toFixed(2)} s`,
      middle,
      1.5,
    ),
    line('  its peak memory', `${mebibytes.toFixed(0)} MiB`, '', mebibytes, 150),
    line('  connections and look-ups', String(connections), '', connections, 0),
  ].filter(isMissed => isMissed)
  console.log(missed.length === 0 ? '\nEvery bar is kept.' : `\n${missed.length} missed.`)
  if (words.includes('--check') && missed.length > 0) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
