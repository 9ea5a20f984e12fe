/**
 * Runs a program that a person named (a hook, a notice, a delivery): without a shell, with an environment of its own, in
 * a process group of its own that is killed when its time is over, or when this process is told to end. It never throws,
 * never waits for what a program leaves running behind itself, and reads what the program says to the end without keeping
 * more than its last 4 KiB.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { systemCode } from '../errors.ts'
import { type LivingProgram, type LivingPrograms, livingPrograms } from './living-programs.ts'
import { type ProgramHost, programProblem } from './program-file.ts'

export interface ProgramCall {
  /** The absolute path and the arguments, each handed over as it is. */
  readonly command: readonly string[]
  /** The whole environment; a variable that is undefined is left out. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What comes on standard input; without it that is at its end from the start. */
  readonly input?: string
  /** How long it may run, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * How it ended: `ended` by itself, with its exit status or the signal that ended it; `timed-out`, killed by us; `refused`,
 * since `programProblem` finds it unsafe or missing, and `not-started`, since the system would not: both with the reason
 * as a sentence.
 */
export type ProgramEnd =
  | {
      readonly how: 'ended'
      readonly status: number | null
      readonly signal: string | null
      readonly output: string
    }
  | { readonly how: 'timed-out'; readonly output: string }
  | { readonly how: 'refused' | 'not-started'; readonly reason: string; readonly output: '' }

/** `output` is the end of what a program wrote on both its outputs; it may be anything: make it harmless before showing it. */
export interface Programs {
  /** Why a program may not be run, as a sentence; undefined when it may. */
  problem(path: string): string | undefined
  /**
   * Runs one to its end or to the end of its time. The check of `problem` is made first, each time. Where this process is
   * told to end meanwhile, nothing comes back: it is gone as soon as its programs are.
   */
  run(call: ProgramCall): Promise<ProgramEnd>
}

/** More tells nobody more, and a program may write for ever. */
const KEPT_BYTES = 4096
/** What a program may take to end by itself once it was asked to. */
const FAREWELL_MS = 1000
/** How long its outputs are read on after its end: what it left running may hold them open for ever. */
const REST_MS = 200

/** The programs of this machine. `host` is for tests of the other kind, `living` for those of a stop. */
export function createPrograms(
  host: ProgramHost = { platform: process.platform, uid: process.geteuid?.() },
  living: LivingPrograms = livingPrograms,
): Programs {
  const problem = (path: string) => programProblem(path, host)
  return {
    problem,
    async run(call) {
      const [path = ''] = call.command
      const reason = problem(path)
      if (reason !== undefined) return { how: 'refused', reason, output: '' }
      // Once the process ends nobody is told how a program ended, or its caller would begin the next.
      return await new Promise(resolve => {
        if (living.isEnding) return
        const over = (end: ProgramEnd) => {
          living.delete(running)
          if (!living.isEnding) resolve(end)
        }
        const running = new Running(call, host.platform !== 'win32', over)
        living.add(running)
        running.start()
      })
    },
  }
}

class Running implements LivingProgram {
  readonly #call: ProgramCall
  readonly #posix: boolean
  readonly #resolve: (end: ProgramEnd) => void
  readonly #timers: NodeJS.Timeout[] = []
  #child: ChildProcess | undefined
  #kept = Buffer.alloc(0)
  #isOverdue = false
  #hasExited = false

  constructor(call: ProgramCall, posix: boolean, resolve: (end: ProgramEnd) => void) {
    this.#call = call
    this.#posix = posix
    this.#resolve = resolve
  }

  start(): void {
    const { command, env, input, timeoutMs } = this.#call
    const [path = '', ...args] = command
    try {
      const child = spawn(path, args, {
        // Where it is called from is nobody's promise: cron's folder, or wherever a person happened to be.
        ...(this.#posix ? { cwd: '/' } : {}),
        env,
        detached: this.#posix,
        stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        windowsHide: true,
      })
      this.#child = child
      child.once('error', error => this.#failed(error))
      child.once('exit', (status, signal) => this.#exited(status, signal))
      child.stdout?.on('data', (chunk: Buffer) => this.#keep(chunk))
      child.stderr?.on('data', (chunk: Buffer) => this.#keep(chunk))
      // A program that does not read its input is no fault.
      child.stdin?.on('error', () => {})
      child.stdin?.end(input)
      this.#after(timeoutMs, () => this.stop())
    } catch (error) {
      this.#failed(error)
    }
  }

  #keep(chunk: Buffer): void {
    this.#kept = Buffer.concat([this.#kept, chunk]).subarray(-KEPT_BYTES)
  }

  #after(ms: number, work: () => void): void {
    this.#timers.push(setTimeout(work, ms))
  }

  stop(): void {
    // What it left behind on purpose is not stopped after it, and its number may be another's by then.
    if (this.#hasExited) return
    this.#isOverdue = true
    this.#kill('SIGTERM')
    this.#after(FAREWELL_MS, () => this.#kill('SIGKILL'))
    // What the kernel cannot end (it waits for a disk that is gone) is not waited for either.
    this.#after(2 * FAREWELL_MS, () => this.#end({ how: 'timed-out', output: '' }))
  }

  kill(): void {
    if (this.#hasExited) return
    this.#isOverdue = true
    this.#kill('SIGKILL')
  }

  /** The program and all that it started, unless that went into a group of its own. */
  #kill(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid
    if (pid === undefined) return
    try {
      if (this.#posix) process.kill(-pid, signal)
      else this.#child?.kill('SIGKILL')
    } catch (error) {
      // Nobody of the group is left.
      if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error
    }
  }

  #failed(error: unknown): void {
    const code = systemCode(error) ?? 'unknown error'
    const [path = ''] = this.#call.command
    const words = code === 'ENOENT' ? '; is the program that its first line names there?' : '.'
    this.#end({
      how: 'not-started',
      reason: `${path} could not be started (${code})${words}`,
      output: '',
    })
  }

  #exited(status: number | null, signal: string | null): void {
    // What it started goes with it only where its time was over: a hook may well start something that stays. (Under systemd
    // it does not: the manager ends all of a service with its main process. docs/unattended.md names `systemd-run`.)
    if (this.#isOverdue) this.#kill('SIGKILL')
    this.#hasExited = true
    for (const timer of this.#timers) clearTimeout(timer)
    const end = () => {
      const output = new TextDecoder().decode(this.#kept)
      this.#end(this.#isOverdue ? { how: 'timed-out', output } : { how: 'ended', status, signal, output })
    }
    this.#child?.once('close', end)
    this.#after(REST_MS, end)
  }

  #end(end: ProgramEnd): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const stream of this.#child?.stdio ?? []) stream?.destroy()
    this.#child?.unref()
    this.#resolve(end)
  }
}
