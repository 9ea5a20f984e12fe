/**
 * Runs the command of a person's line in this process's place: with its terminal, its folder and its process group, no
 * shell in between, and the signals that come here passed on. It sees to nothing but the command's end, for as long as
 * that takes, and never ends the command itself.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { systemCode } from '../errors.ts'

export interface CommandCall {
  /** The program, which is looked for in PATH where it has no slash, and its arguments, each handed over as it is. */
  readonly command: readonly string[]
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * How it ended: by itself with its status, by a signal, or before it began, with the system's code and the status that
 * env(1) has for that (126, 127).
 */
export type CommandEnd =
  | { readonly how: 'ended'; readonly status: number }
  | { readonly how: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly how: 'not-started'; readonly status: 126 | 127; readonly code: string }

export interface Commands {
  /** Runs one to its end. */
  run(call: CommandCall): Promise<CommandEnd>
  /**
   * Ends this process by the signal that ended the command, so that a shell sees the same. What comes back, where this
   * process outlives it, is the status that a shell shows for such an end: 128 and the signal's number.
   */
  dieOf(signal: NodeJS.Signals): number
}

type Process = Pick<NodeJS.Process, 'on' | 'off' | 'removeAllListeners' | 'kill' | 'pid'>

/** What is sent to this process and meant for the command. */
const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const

/** What a terminal sends to all of its group: the command has it already, and it is the command that decides. */
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGBREAK'] as const

/** What these end may leave a core file behind; one of this process would have the tokens in it. */
const DUMPS_CORE: readonly string[] = [
  ...['SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGIOT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'],
  ...['SIGXCPU', 'SIGXFSZ', 'SIGSYS'],
]

/** The commands of this process. `hasTerminal` is for tests: whether Ctrl-C at a terminal could have sent a signal. */
export function createCommands(
  proc: Process = process,
  hasTerminal: () => boolean = hasControllingTerminal,
): Commands {
  return {
    run: call => run(call, proc, hasTerminal),
    dieOf: signal => {
      if (!DUMPS_CORE.includes(signal)) die(signal, proc)
      return 128 + os.constants.signals[signal]
    },
  }
}

function run({ command, env }: CommandCall, proc: Process, hasTerminal: () => boolean): Promise<CommandEnd> {
  const [program = '', ...args] = command
  if (program === '') return Promise.resolve(notStarted('ENOENT'))
  return new Promise(resolve => {
    let child: ChildProcess | undefined
    const passOn = (name: NodeJS.Signals) => send(name, child, proc)
    const leave = () => {}
    const fromTerminal = hasTerminal() ? leave : passOn
    const listeners = [
      ...PASSED_ON.map(name => [name, passOn] as const),
      ...FROM_TERMINAL.map(name => [name, fromTerminal] as const),
    ].filter(([name]) => name in os.constants.signals)
    for (const [name, listener] of listeners) proc.on(name, listener)
    const over = (end: CommandEnd) => {
      for (const [name, listener] of listeners) proc.off(name, listener)
      resolve(end)
    }
    try {
      child = spawn(program, args, { env, stdio: 'inherit' })
      child.once('error', error => over(notStarted(systemCode(error))))
      child.once('exit', (status, signal) =>
        over(signal === null ? { how: 'ended', status: status ?? 0 } : { how: 'killed', signal }),
      )
    } catch (error) {
      // Some failures come at once: arguments and environment are too long together (E2BIG).
      over(notStarted(systemCode(error)))
    }
  })
}

/** Not by `child.kill`: what that cannot do becomes an error of the child, as if it had not been started. */
function send(name: NodeJS.Signals, child: ChildProcess | undefined, proc: Process): void {
  if (child?.pid === undefined) return
  try {
    proc.kill(child.pid, name)
  } catch (error) {
    // It has ended, or runs as another user by now (sudo).
    if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error
  }
}

/** @see env(1): 127 where the command cannot be found, 126 where it is found and cannot be invoked. */
function notStarted(code = 'unknown error'): CommandEnd {
  return { how: 'not-started', status: code === 'ENOENT' ? 127 : 126, code }
}

function die(signal: NodeJS.Signals, proc: Process): void {
  if (signal !== 'SIGKILL') {
    // Whoever has taken a stop here lets go of it. Node ignores SIGPIPE: a listener that goes leaves the system's own
    // way behind.
    proc.on(signal, () => {})
    proc.removeAllListeners(signal)
  }
  proc.kill(proc.pid, signal)
}

/** Whether this process belongs to a terminal, on screen or not. */
function hasControllingTerminal(): boolean {
  if (process.platform === 'win32') return true
  try {
    fs.closeSync(fs.openSync('/dev/tty', 'r'))
    return true
  } catch (error) {
    // ENXIO without one; a container may have no such file.
    if (systemCode(error) === undefined) throw error
    return false
  }
}
