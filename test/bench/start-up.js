/**
 * What a start costs, as a person or cron pays it: whole processes, timed from spawn to exit, in pairs with an empty
 * Node (`node -e 0`), A B A B, so that a machine that changes its speed changes both. Quote the ratios.
 *
 *   npm run bench                      40 pairs each
 *   npm run bench -- 15                15 pairs each
 *   npm run bench -- --check           ends with 1 when a bar is missed
 *
 * Peak memory is the program's own word: a module preloaded with --require writes `process.resourceUsage().maxRSS`
 * (the kernel's high-water mark, in KiB) to a fourth descriptor when the process exits. Those runs are not timed.
 * Everything happens in throw-away homes, with made-up tokens; nothing asks a marketplace.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built program of this tree, or an installed one (`lib/node_modules/tokenctl/bin/tokenctl.js`). */
const BIN = process.env.TOKENCTL_BIN ?? fileURLToPath(new URL('../../bin/tokenctl.js', import.meta.url))
const SELF = fileURLToPath(import.meta.url)
const DAY_MS = 86_400_000
const MEMORY_RUNS = 5

const words = process.argv.slice(2)
const pairs = Number(words.find(word => /^\d+$/.test(word)) ?? 40)
const check = words.includes('--check')
const insideBus = process.env.BENCH_HOME

// On Node 20 NODE_EXTRA_CA_CERTS makes every start parse the file, `node -e 0` too, and so hides what a program costs.
const { NODE_EXTRA_CA_CERTS: _certificates, NODE_OPTIONS: _options, BENCH_HOME: _home, ...env } = process.env

/** Runs one process to its end; throws when it failed, since a failure is quicker than the work. */
function run(args, { home, input, fourth = 'ignore' } = {}) {
  const result = spawnSync(process.execPath, args, {
    env: home === undefined ? env : { ...env, TOKENCTL_HOME: home },
    input: input ?? '',
    stdio: ['pipe', 'pipe', 'pipe', fourth],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (result.status !== 0)
    throw new Error(`node ${args.join(' ')} ended with ${result.status}:\n${result.stderr}`)
  return result
}

function milliseconds(args, options) {
  const begin = process.hrtime.bigint()
  run(args, options)
  return Number(process.hrtime.bigint() - begin) / 1e6
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

/** Times one subject against an empty Node, in turns. The ratio is the median of the pairs' ratios. */
function time(args, home) {
  const rounds = []
  // One of each that does not count: the first run fills the page cache.
  for (let round = -1; round < pairs; round++) {
    const empty = milliseconds(['-e', '0'])
    const subject = milliseconds([BIN, ...args], { home })
    if (round >= 0) rounds.push({ empty, subject })
  }
  return {
    ratio: median(rounds.map(({ empty, subject }) => subject / empty)),
    empty: median(rounds.map(({ empty }) => empty)),
    subject: median(rounds.map(({ subject }) => subject)),
  }
}

/** The largest of some runs, in MiB. */
function peakMemory(args, home, folder) {
  const probe = join(folder, 'peak-memory.cjs')
  writeFileSync(
    probe,
    "process.on('exit', () => require('node:fs').writeSync(3, String(process.resourceUsage().maxRSS)))\n",
  )
  const runs = Array.from({ length: MEMORY_RUNS }, () =>
    Number(run(['--require', probe, BIN, ...args], { home, fourth: 'pipe' }).output[3]),
  )
  return Math.max(...runs) / 1024
}

/** A home with so many accounts, filled by the commands that a person types. */
function makeHome(home, store, count) {
  mkdirSync(home, { mode: 0o700 })
  run([BIN, 'config', 'set', 'store', store], { home })
  run([BIN, 'import'], { home, input: JSON.stringify(importDocument(count)) })
  return home
}

function importDocument(count) {
  const now = Date.now()
  const ago = days => new Date(now - days * DAY_MS).toISOString()
  const letters = (length, seed) =>
    seed
      .toString(36)
      .padStart(8, 'x')
      .repeat(Math.ceil(length / 8))
      .slice(0, length)
  const kinds = [
    seed => ({ account: `ebay:shop-${seed}`, refreshToken: `v^1.1#i^1#p^3#r^1#${letters(80, seed)}==` }),
    seed => ({ account: `amazon:shop-${seed}`, refreshToken: `Atzr|${letters(348, seed)}`, region: 'eu' }),
    seed => ({ account: `aliexpress:shop-${seed}`, refreshToken: `50001600030${letters(49, seed)}` }),
  ]
  return {
    version: 1,
    apps: [
      { marketplace: 'ebay', name: 'default', keys: { clientId: 'a-b-c', clientSecret: 'PRD-made-up' } },
      {
        marketplace: 'amazon',
        name: 'default',
        keys: { clientId: 'amzn1.application-oa2-client.made-up', clientSecret: 'amzn1.oa2-cs.v1.made-up' },
        secretIssuedAt: ago(20),
      },
      { marketplace: 'aliexpress', name: 'default', keys: { appKey: '500102', appSecret: 'made-up' } },
    ],
    accounts: Array.from({ length: count }, (_, index) => ({
      app: 'default',
      consentAt: ago(index % 120),
      ...kinds[index % 3](index + 1),
    })),
  }
}

/** Whether a program is on the path. */
function has(program) {
  return (env.PATH ?? '').split(':').some(folder => existsSync(join(folder, program)))
}

/** The keychain's subject, timed inside a session bus of its own with an unlocked keyring; undefined where there is none. */
function timeKeychain(folder) {
  if (!has('dbus-run-session') || !has('gnome-keyring-daemon')) return undefined
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
      show('--version', time(['--version'], three), 1.6),
      show('--help', time(['--help'], three)),
      show('status, 3 accounts, file store', time(['status'], three), 2.6),
      show('status, 3 accounts, keychain store', timeKeychain(folder), 2.6),
      show('status, 1,000 accounts, file store', time(['status'], thousand), 6),
      showMemory('  its peak memory', peakMemory(['status'], thousand, folder), 100),
    ].filter(isMissed => isMissed)
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

function showMemory(what, mebibytes, bar) {
  return line(what, `${mebibytes.toFixed(0)} MiB`, '', mebibytes, bar)
}

function line(what, figure, details, value, bar) {
  const isMissed = bar !== undefined && value > bar
  const verdict = bar === undefined ? '' : `bar ${bar}${isMissed ? '  MISSED' : ''}`
  console.log(`${what.padEnd(36)}${figure.padStart(10)}  ${details.padEnd(22)}  ${verdict}`.trimEnd())
  return isMissed
}

if (insideBus === undefined) main()
else console.log(JSON.stringify(time(['status'], makeHome(insideBus, 'keychain', 3))))
