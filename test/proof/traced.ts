/**
 * The built program under strace: to be watched, or to be killed or refused at one call. Without `-f` only the program's
 * own first thread is followed, which does all its work on files and sockets; so counting is exact, and the keychain's
 * helper lives on when the program is killed, as it does in life.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { BIN, ended, NODE, type Run } from '../support/tokenctl.ts'
import { WATCHED } from './points.ts'
import { type Call, readTrace } from './trace-log.ts'

/** What happens at the nth call of a name. */
export interface Injection {
  readonly name: string
  readonly nth: number
  /**
   * `SIGKILL`, before the call is made; or the error that it gives, `ENOSPC`, in place of being made; or `SIGSTOP`, after
   * it was made: the run then waits for `whileStopped`.
   */
  readonly what: string
  /** Errors only: at every later call of that name too. */
  readonly onwards?: boolean
  /** It is the keychain's helper that is killed: everyone is followed, and each counts for itself. */
  readonly everyone?: boolean
}

export interface Traced extends Run {
  readonly calls: readonly Call[]
}

export interface TraceOptions {
  readonly injection?: Injection | undefined
  readonly input?: string | undefined
  /** Follows every thread, and the keychain's helper. */
  readonly everyone?: boolean | undefined
  /** What happens while a run that was stopped stands still. */
  readonly whileStopped?: (() => void) | undefined
}

/** Why nothing can be traced here; undefined where it can. @throws in CI, where it must be. */
export function straceMissing(): string | undefined {
  const { status } = spawnSync('strace', ['-o', '/dev/null', 'true'])
  if (status === 0) return undefined
  const reason = 'strace is not installed, or may not trace'
  if (process.env['CI'] === 'true') throw new Error(`The proofs must run in CI, and ${reason}.`)
  return reason
}

/** Runs the program to its end under strace, which writes to `log`: that is outside of the home. */
export async function traced(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  log: string,
  { injection, input, everyone = injection?.everyone, whileStopped }: TraceOptions = {},
): Promise<Traced> {
  const trace = ['-y', '-s', '16', '-o', log, '-e', `trace=${WATCHED.map(name => `?${name}`).join(',')}`]
  const whom = everyone === true ? ['-f'] : []
  const child = spawn('strace', [...whom, ...trace, ...injecting(injection), NODE, BIN, ...args], { env })
  // A program that is killed does not read its input.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const watching = whileStopped === undefined ? undefined : goOnWhenStopped(child.pid ?? 0, log, whileStopped)
  const run = await ended(child)
  clearInterval(watching)
  return { ...run, calls: readTrace(readFileSync(log, 'latin1')) }
}

const STOPPED = '--- stopped by SIGSTOP ---'
/** Between two looks into strace's log. */
const LOOK_MS = 5

function goOnWhenStopped(strace: number, log: string, whileStopped: () => void): NodeJS.Timeout {
  const watching = setInterval(() => {
    if (!existsSync(log) || !readFileSync(log, 'latin1').includes(STOPPED)) return
    clearInterval(watching)
    whileStopped()
    const program = Number(readFileSync(`/proc/${strace}/task/${strace}/children`, 'utf8').trim())
    process.kill(program, 'SIGCONT')
  }, LOOK_MS)
  return watching
}

function injecting(injection: Injection | undefined): readonly string[] {
  if (injection === undefined) return []
  const { name, nth, what, onwards = false } = injection
  const effect = what.startsWith('SIG') ? `signal=${what}` : `error=${what}`
  return ['-e', `inject=${name}:${effect}:when=${nth}${onwards && !what.startsWith('SIG') ? '+' : ''}`]
}
