/**
 * Whole processes for the benches: started, timed and measured from outside. Peak memory and connections are the
 * program's own word: a module preloaded with --require writes them to a fourth descriptor when the process exits.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built program of this tree, or an installed one (`lib/node_modules/tokenctl/bin/tokenctl.js`). */
export const BIN =
  process.env.TOKENCTL_BIN ?? fileURLToPath(new URL('../../bin/tokenctl.js', import.meta.url))

const SEEN_RUNS = 5

// On Node 20 NODE_EXTRA_CA_CERTS makes every start parse the file, `node -e 0` too, and so hides what a program costs.
const {
  NODE_EXTRA_CA_CERTS: _certificates,
  NODE_OPTIONS: _options,
  NODE_COMPILE_CACHE: _cache,
  NODE_DISABLE_COMPILE_CACHE: _without,
  ...given
} = process.env

// What a start keeps for the next (src/platform/compile-cache.ts) goes with this run, and is not the person's own.
const cache = mkdtempSync(join(tmpdir(), 'tokenctl-bench-cache-'))
process.once('exit', () => rmSync(cache, { recursive: true, force: true }))
const env = { ...given, XDG_CACHE_HOME: cache }

/** The environment that every process gets. */
export const ENVIRONMENT = env

/**
 * Runs one process to its end; throws when it failed, since a failure is quicker than the work. `its` is what its environment
 * has besides, `file` what is run with these words.
 */
export function run(args, { home, env: its, input, fourth = 'ignore', file = process.execPath } = {}) {
  const result = spawnSync(file, args, {
    env: { ...env, ...its, ...(home !== undefined && { TOKENCTL_HOME: home }) },
    input: input ?? '',
    stdio: ['pipe', 'pipe', 'pipe', fourth],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (result.error !== undefined) throw result.error
  if (result.status !== 0)
    throw new Error(`${file} ${args.join(' ')} ended with ${result.status}:\n${result.stderr}`)
  return result
}

/** From spawn to exit. */
export function milliseconds(args, options) {
  const begin = process.hrtime.bigint()
  run(args, options)
  return Number(process.hrtime.bigint() - begin) / 1e6
}

/** The same of another program, whatever it ends with: what holds nothing yet may say so by its status. */
export function millisecondsOf({ path, words, env: its }) {
  const begin = process.hrtime.bigint()
  const { error } = spawnSync(path, words, { env: its, stdio: ['ignore', 'pipe', 'pipe'] })
  if (error !== undefined) throw error
  return Number(process.hrtime.bigint() - begin) / 1e6
}

/** The middle one. */
export function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

/**
 * What some runs were seen to take, untimed: the largest peak memory (the kernel's high-water mark) in MiB, and how many
 * sockets they connected and names they looked up.
 */
export function seen(args, home, folder) {
  const probe = join(folder, 'probe.cjs')
  writeFileSync(
    probe,
    `const net = require('node:net'), dns = require('node:dns')
let asked = 0
for (const [holder, name] of [[net.Socket.prototype, 'connect'], [dns, 'lookup'], [dns.promises, 'lookup']]) {
  const real = holder[name]
  holder[name] = function (...args) { asked += 1; return real.apply(this, args) }
}
process.on('exit', () =>
  require('node:fs').writeSync(3, JSON.stringify({ peak: process.resourceUsage().maxRSS, asked })))
`,
  )
  const runs = Array.from({ length: SEEN_RUNS }, () =>
    JSON.parse(String(run(['--require', probe, BIN, ...args], { home, fourth: 'pipe' }).output[3])),
  )
  return {
    mebibytes: Math.max(...runs.map(({ peak }) => peak)) / 1024,
    connections: runs.reduce((sum, { asked }) => sum + asked, 0),
  }
}

/** Prints one line; whether the bar was missed. */
export function line(what, figure, details, value, bar) {
  const isMissed = bar !== undefined && value > bar
  const verdict = bar === undefined ? '' : `bar ${bar}${isMissed ? '  MISSED' : ''}`
  console.log(`${what.padEnd(36)}${figure.padStart(10)}  ${details.padEnd(22)}  ${verdict}`.trimEnd())
  return isMissed
}
