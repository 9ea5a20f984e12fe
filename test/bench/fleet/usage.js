/**
 * What processes take: a whole run of the program from spawn to exit, the processor time of servers beside it, and how busy
 * others keep the machine. Processor time is read from /proc, so elsewhere than on Linux it is not told.
 */
import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { BIN, ENVIRONMENT, median } from '../processes.js'

// Linux counts processor time in hundredths of a second: proc(5), sysconf(_SC_CLK_TCK).
const TICKS_A_SECOND = 100

const PROBE = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  // What getrusage says has in it how large whoever started this process was.
  const status = require('node:fs').readFileSync('/proc/self/status', 'latin1')
  const maxRSS = Number(/VmHWM:\\s+(\\d+)/.exec(status)[1])
  require('node:fs').writeSync(3, JSON.stringify({ peakMiB: maxRSS / 1024, cpu: (userCPUTime + systemCPUTime) / 1e6 }))
})
`

/** Writes the module that makes a process tell what it took, and returns its path. */
export function makeProbe(folder) {
  const path = join(folder, 'probe.cjs')
  writeFileSync(path, PROBE)
  return path
}

/**
 * Runs one process of the program to its end. `firstByte` and `seconds` are counted from its start; throws when it ended
 * with another status than 0, since a failure is quicker than the work.
 *
 * @returns {Promise<{ seconds: number, firstByte: number, endedAt: number, peakMiB: number, cpu: number, lines: number, out: string }>}
 */
export async function whole(args, { probe, env, bin = BIN, node = [], statuses = [0], keep = false }) {
  const begin = process.hrtime.bigint()
  const since = () => Number(process.hrtime.bigint() - begin) / 1e9
  const child = spawn(process.execPath, ['--require', probe, ...node, bin, ...args], {
    env: { ...ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const [, stdout, stderr, fourth] = child.stdio
  const said = { out: '', err: '', took: '' }
  let firstByte = Number.NaN
  let lines = 0
  stdout.on('data', chunk => {
    if (Number.isNaN(firstByte)) firstByte = since()
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1
    if (keep) said.out += chunk
  })
  stderr.on('data', chunk => {
    said.err = (said.err + chunk).slice(-10_000)
  })
  fourth.on('data', chunk => {
    said.took += chunk
  })
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
  const [seconds, endedAt] = [since(), Date.now()]
  if (!statuses.includes(status))
    throw new Error(`tokenctl ${args.join(' ')} ended with ${status}:\n${said.err}`)
  return { seconds, firstByte, endedAt, lines, out: said.out, ...JSON.parse(said.took) }
}

/** Seconds of processor time of a process, of those that it started, and of those of them that have ended. */
export function processorTime(pid) {
  if (!existsSync(`/proc/${pid}/stat`)) return Number.NaN
  const ticks = id => {
    // The name may hold blanks and brackets; the fields are counted from behind it.
    const text = readFileSync(`/proc/${id}/stat`, 'utf8')
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15)
      .map(Number)
  }
  let sum = ticks(pid).reduce((all, each) => all + each, 0)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  for (const child of children) {
    try {
      const [user, system] = ticks(child)
      sum += user + system
    } catch {
      // It ended between the two looks, and its time is counted with its parent's next time.
    }
  }
  return sum / TICKS_A_SECOND
}

/** Seconds of processor time that all cores spent at work since the machine began. */
function machineTime() {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000
}

/** How many cores others keep busy while nothing of the benchmark runs: looked at between measurements. */
export class Others {
  #seen = []

  /** Looks for a third of a second, in which this process waits. */
  async look() {
    const [before, own] = [machineTime(), process.cpuUsage()]
    const begin = process.hrtime.bigint()
    await new Promise(resolve => setTimeout(resolve, 330))
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9
    const { user, system } = process.cpuUsage(own)
    this.#seen.push(Math.max(0, (machineTime() - before - (user + system) / 1e6) / seconds))
  }

  /** @returns {{ median: number, most: number }} cores; 0: the machine is quiet. */
  get cores() {
    return this.#seen.length === 0
      ? { median: 0, most: 0 }
      : { median: median(this.#seen), most: Math.max(...this.#seen) }
  }
}

/** Milliseconds that a flush of 8 KiB to the disk takes in a folder: what every durable write waits for. */
export function flushMs(folder) {
  const path = join(folder, 'flush')
  const file = openSync(path, 'w', 0o600)
  const bytes = Buffer.alloc(8192)
  const times = Array.from({ length: 100 }, () => {
    const begin = process.hrtime.bigint()
    writeSync(file, bytes, 0, bytes.length, 0)
    fdatasyncSync(file)
    return Number(process.hrtime.bigint() - begin) / 1e6
  })
  closeSync(file)
  rmSync(path)
  return median(times)
}
