/**
 * The built program as a child process: what a person or cron would run, with nothing of this process's environment.
 * TOKENCTL_NODE and TOKENCTL_BIN choose another Node, or an installed program, for the same journeys. Never sleeps.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { join } from 'node:path'

/** The Node that runs the program. */
export const NODE = process.env['TOKENCTL_NODE'] ?? process.execPath
/** The program's entry. */
export const BIN = process.env['TOKENCTL_BIN'] ?? join(import.meta.dirname, '..', '..', 'bin', 'tokenctl.js')

export interface RunOptions {
  /** TOKENCTL_HOME; left out, the program uses the platform's own folders. */
  readonly home?: string
  /** Added to `env -i PATH HOME`; a variable that is undefined is taken out of it. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What comes on standard input; without it that is at its end from the start. */
  readonly input?: string | Uint8Array
  /** `closed`: the descriptor itself is shut, as some schedulers leave it. */
  readonly stdin?: 'closed'
  /** The entry of another copy of the program. */
  readonly bin?: string
}

/** How one run ended. */
export interface Run {
  /** The exit status; null when a signal ended it. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The environment that a run gets: PATH, HOME, and what is asked for. No bus, no terminal, no language, no proxy. */
export function environmentOf({ home, env = {} }: Pick<RunOptions, 'home' | 'env'>): Record<string, string> {
  const wanted: Record<string, string | undefined> = {
    PATH: process.env['PATH'],
    // A folder that is not there: what is written outside TOKENCTL_HOME by mistake fails, and is seen.
    HOME: '/nonexistent',
    TOKENCTL_HOME: home,
    // Dates are shown in local time; the tests speak of days.
    TZ: 'UTC',
    ...env,
  }
  return Object.fromEntries(
    Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** Starts the program and leaves it running; the caller ends it. */
export function startTokenctl(
  args: readonly string[],
  options: RunOptions = {},
): ChildProcessWithoutNullStreams {
  return spawn(NODE, [options.bin ?? BIN, ...args], { env: environmentOf(options) })
}

/** Runs the program to its end. */
export function tokenctl(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const env = environmentOf(options)
  const { bin = BIN } = options
  const child =
    options.stdin === 'closed'
      ? spawn('sh', ['-c', 'exec "$0" "$@" <&-', NODE, bin, ...args], { env })
      : spawn(NODE, [bin, ...args], { env })
  // A program that ends without reading its input is no fault of the test.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input)
  return ended(child)
}

/** Waits for the end of a child and collects what it said. */
export function ended(child: ChildProcessWithoutNullStreams): Promise<Run> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) =>
      resolve({
        status,
        signal,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
      }),
    )
  })
}
