/**
 * Runs one of the system's own programs (`crontab`, `systemctl`) to its end: no shell, a small environment without
 * anything of ours, a time limit, and an output that cannot fill the memory. Never throws.
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
  /** Variables beyond those that lead such programs to the user and to the user's bus. */
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

// The language is set, since what these programs say is read.
const PASSED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
  'DBUS_SESSION_BUS_ADDRESS',
  'SystemRoot',
  'windir',
  'TEMP',
  'TMP',
  'APPDATA',
  'LOCALAPPDATA',
  'USERPROFILE',
]

/** A way to run programs with what `env` has of the few variables that they need. */
export function systemPrograms(env: Env): RunSystemProgram {
  const passed = Object.fromEntries(
    PASSED.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]]])),
  )
  return (command, args, options = {}) =>
    new Promise(resolve => {
      const child = spawn(command, args, {
        env: { ...passed, LC_ALL: 'C', ...options.env },
        stdio: ['pipe', 'pipe', 'pipe'],
        windowsHide: true,
      })
      const out: Buffer[] = []
      const err: Buffer[] = []
      let room = MAX_OUTPUT_BYTES
      const stop = (failed: NoRun) => {
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
