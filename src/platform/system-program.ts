/**
 * Runs one of the system's own programs (`crontab`, `systemctl`) to its end: no shell, the small environment
 * that it is given, a time limit, and an output that cannot fill the memory. Never throws.
 */
import { spawn } from 'node:child_process'

/** Why there is no end to tell of: `absent` no such program, `hung` after the limit, `endless` output, `refused` by the system. */
export type NoRun = 'absent' | 'hung' | 'endless' | 'refused'

export interface Ran {
  /** The exit status; null when a signal ended it. */
  readonly status: number | null
  readonly stdout: Buffer
  readonly stderr: Buffer
}

export interface SystemProgramOptions {
  /** Variables beyond those of all such programs. */
  readonly env?: Readonly<Record<string, string>>
  /** Standard input; at its end from the start without. */
  readonly input?: Uint8Array
  readonly timeoutMs?: number
}

export type RunSystemProgram = (
  command: string,
  args: readonly string[],
  options?: SystemProgramOptions,
) => Promise<Ran | { readonly failed: NoRun }>

type Env = Readonly<Record<string, string | undefined>>

/** systemd's own patience with a bus that does not answer is 25 s; a person's is shorter. */
const TIMEOUT_MS = 10_000
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024

/** A way to run programs in exactly this environment, and in English. */
export function systemPrograms(env: Env): RunSystemProgram {
  return (command, args, options = {}) =>
    new Promise(resolve => {
      const child = spawn(command, args, {
        // The language is set, since what these programs say is read.
        env: { ...env, LC_ALL: 'C', ...options.env },
        stdio: ['pipe', 'pipe', 'pipe'],
        windowsHide: true,
      })
      const out: Buffer[] = []
      const err: Buffer[] = []
      let room = MAX_OUTPUT_BYTES
      const stop = (failed: NoRun) => {
        clearTimeout(timer)
        child.kill('SIGKILL')
        // What it started may hold the pipes open; nobody waits for that.
        child.stdout.destroy()
        child.stderr.destroy()
        resolve({ failed })
      }
      const timer = setTimeout(() => stop('hung'), options.timeoutMs ?? TIMEOUT_MS)
      const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
        room -= chunk.length
        if (room < 0) stop('endless')
        else chunks.push(chunk)
      }
      child.stdout.on('data', keep(out))
      child.stderr.on('data', keep(err))
      child.once('error', error => {
        clearTimeout(timer)
        resolve({ failed: 'code' in error && error.code === 'ENOENT' ? 'absent' : 'refused' })
      })
      child.once('close', status => {
        clearTimeout(timer)
        resolve({ status, stdout: Buffer.concat(out), stderr: Buffer.concat(err) })
      })
      // It may end without reading.
      child.stdin.on('error', () => {})
      child.stdin.end(options.input)
    })
}
