/**
 * What a start costs, as a person or cron pays it: whole processes, timed from spawn to exit, in pairs with an empty
 * Node (`node -e 0`), A B A B, so that a machine that changes its speed changes both. Quote the ratios.
 *
 *   npm run bench                      40 pairs each
 *   npm run bench -- 15                15 pairs each
 *   npm run bench -- --check           ends with 1 when a bar is missed
 *
 * Below them what others' programs cost that say what they hold, where they are installed (peers.js), in the same turns.
 * Everything happens in throw-away homes, with made-up tokens; nothing asks a marketplace.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeHome } from './homes.js'
import { pathOf, peers } from './peers.js'
import { BIN, ENVIRONMENT as env, line, median, milliseconds, millisecondsOf, seen } from './processes.js'

const SELF = fileURLToPath(import.meta.url)

const words = process.argv.slice(2)
const pairs = Number(words.find(word => /^\d+$/.test(word)) ?? 40)
const check = words.includes('--check')
const insideBus = process.env.BENCH_HOME

/** Times one run of ours against an empty Node. */
function time(args, home) {
  return timeTurns(() => milliseconds([BIN, ...args], { home }))
}

/** Times one subject against an empty Node, in turns. The ratio is the median of the pairs' ratios. */
function timeTurns(once) {
  const rounds = []
  // One of each that does not count: the first run fills the page cache.
  for (let round = -1; round < pairs; round++) {
    const empty = milliseconds(['-e', '0'])
    const subject = once()
    if (round >= 0) rounds.push({ empty, subject })
  }
  return {
    ratio: median(rounds.map(({ empty, subject }) => subject / empty)),
    empty: median(rounds.map(({ empty }) => empty)),
    subject: median(rounds.map(({ subject }) => subject)),
  }
}

/** The keychain's subject, timed inside a session bus of its own with an unlocked keyring; undefined where there is none. */
function timeKeychain(folder) {
  if (['dbus-run-session', 'gnome-keyring-daemon'].some(name => pathOf(name) === undefined)) return undefined
  const home = join(folder, 'keyring')
  const runtime = join(home, 'run')
  mkdirSync(runtime, { recursive: true, mode: 0o700 })
  const unlock = 'printf bench | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null'
  // Files, not pipes: a bus that outlives its session would hold a pipe open, and this waiting, for ever.
  const answer = join(home, 'answer.json')
  const complaints = join(home, 'complaints')
  const result = spawnSync(
    'dbus-run-session',
    ['--', 'sh', '-c', `${unlock} && exec "$@"`, 'sh', process.execPath, SELF, String(pairs)],
    {
      env: { ...env, HOME: home, XDG_RUNTIME_DIR: runtime, BENCH_HOME: join(folder, 'keychain-home') },
      stdio: ['ignore', openSync(answer, 'w'), openSync(complaints, 'w')],
    },
  )
  if (result.status === 0) return JSON.parse(readFileSync(answer, 'utf8'))
  const why = result.signal ?? result.status
  throw new Error(`under dbus-run-session it ended with ${why}:\n${readFileSync(complaints, 'utf8')}`)
}

function main() {
  const folder = mkdtempSync(join(tmpdir(), 'tokenctl-bench-'))
  try {
    const three = makeHome(join(folder, 'three'), 'file', 3)
    const thousand = makeHome(join(folder, 'thousand'), 'file', 1000)
    console.log(`Node ${process.versions.node}, ${cpus().length} cores, ${pairs} pairs each\n`)
    const missed = [
      show('--version', time(['--version'], three), 1.4),
      show('--help', time(['--help'], three), 1.55),
      show('Tab, 3 accounts, file store', time(['__complete', '2', 'status', 'eb'], three), 2),
      show('status, 3 accounts, file store', time(['status'], three), 1.9),
      showMemory('  its peak memory', seen(['status'], three, folder).mebibytes, 48),
      show('status, 3 accounts, keychain store', timeKeychain(folder), 1.9),
      show('status, 1,000 accounts, file store', time(['status'], thousand), 6),
      showMemory('  its peak memory', seen(['status'], thousand, folder).mebibytes, 100),
    ].filter(isMissed => isMissed)
    console.log()
    for (const peer of peers(folder)) showPeer(peer)
    console.log(missed.length === 0 ? '\nEvery bar is kept.' : `\n${missed.length} missed.`)
    if (check && missed.length > 0) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Prints one line; whether the bar was missed. */
function show(what, timing, bar) {
  if (timing === undefined) {
    console.log(`${what.padEnd(36)}  skipped: no dbus-run-session or no gnome-keyring-daemon here`)
    return false
  }
  const { ratio, subject, empty } = timing
  return line(what, `${ratio.toFixed(2)} x`, `${subject.toFixed(1)} ms to ${empty.toFixed(1)} ms`, ratio, bar)
}

/** Prints the line of another's program, and where it is: a version manager's stand-in costs more than what it starts. */
function showPeer({ name, ...peer }) {
  if (peer.path === undefined) console.log(`${name.padEnd(36)}  skipped: not installed here`)
  else {
    const { ratio, subject, empty } = timeTurns(() => millisecondsOf(peer))
    line(name, `${ratio.toFixed(2)} x`, `${subject.toFixed(1)} ms to ${empty.toFixed(1)} ms  ${peer.path}`)
  }
}

function showMemory(what, mebibytes, bar) {
  return line(what, `${mebibytes.toFixed(0)} MiB`, '', mebibytes, bar)
}

if (insideBus === undefined) main()
else console.log(JSON.stringify(time(['status'], makeHome(insideBus, 'keychain', 3))))
