/**
 * A real terminal for a journey: a tmux server of its own, whose screen is read back as text. Nothing sleeps for a fixed
 * time: a test waits until the screen shows what it is waiting for, or says what it showed instead.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { BIN, environmentOf, NODE, type RunOptions } from './tokenctl.ts'

/** Why there can be no terminal here; undefined where there can. @throws in CI, where one must be. */
export function tmuxMissing(): string | undefined {
  if (spawnSync('tmux', ['-V']).status === 0) return undefined
  if (process.env['CI'] === 'true')
    throw new Error('The terminal tests must run in CI, and tmux is not installed.')
  return 'tmux is not installed'
}

const DEADLINE_MS = 15_000
const LOOK_AGAIN_MS = 30

export interface TerminalRun {
  /** What the screen shows now, and all that has scrolled off it. Lines that the terminal broke are whole again. */
  screen(): string
  /** Waits until the screen shows it. @throws with the screen, when it does not within 15 s. */
  shows(text: string | RegExp): Promise<string>
  /** Types keys by tmux's names (`Enter`, `C-c`, `Space`, `Down`), or text as it is. */
  press(...keys: readonly string[]): void
  /** Pastes as a terminal does; `bracketed` with the marks that a program may ask for. */
  paste(text: string, how?: 'plain' | 'bracketed'): void
  /** Waits for the end of the program, and gives its exit status. */
  ended(): Promise<number>
  close(): void
}

export interface TerminalOptions extends Pick<RunOptions, 'home' | 'env' | 'bin'> {
  readonly columns?: number
  readonly lines?: number
}

/** Runs the program in a terminal of that size (80 by 50 when nothing is said). */
export function inTerminal(args: readonly string[], options: TerminalOptions = {}): TerminalRun {
  return programInTerminal([NODE, options.bin ?? BIN, ...args], options)
}

/** Runs another program there, such as a shell. */
export function programInTerminal(words: readonly string[], options: TerminalOptions = {}): TerminalRun {
  const { columns = 80, lines = 50 } = options
  const folder = mkdtempSync(join(tmpdir(), 'tokenctl-tmux-'))
  const env = { TERM: 'screen-256color', ...environmentOf(options) }
  const tmux = (...command: readonly string[]) => {
    const run = spawnSync('tmux', ['-S', join(folder, 'socket'), '-f', '/dev/null', ...command], {
      env: { ...env, LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
    })
    if (run.status !== 0) throw new Error(`tmux ${command[0]}: ${run.stderr}`)
    return run.stdout
  }
  const quoted = words.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const assign = Object.entries(env).map(([name, value]) => `'${name}=${value.replaceAll("'", "'\\''")}'`)
  // The mark comes when the program has ended and the terminal is itself again; sleep keeps the screen to be read.
  const script = `env -i ${assign.join(' ')} ${quoted}; echo "[ended $?]"; exec sleep 600`
  tmux('new-session', '-d', '-x', String(columns), '-y', String(lines), script)
  const screen = () => tmux('capture-pane', '-p', '-J', '-S', '-')
  const shows = async (text: string | RegExp) => {
    const begun = performance.now()
    for (;;) {
      const shown = screen()
      if (typeof text === 'string' ? shown.includes(text) : text.test(shown)) return shown
      if (performance.now() - begun > DEADLINE_MS)
        throw new Error(`No ${String(text)} on the screen:\n${shown}`)
      await wait(LOOK_AGAIN_MS)
    }
  }
  return {
    screen,
    shows,
    press: (...keys) => void tmux('send-keys', ...keys),
    paste: (text, how = 'plain') => {
      // By a file: a word of a command may not be as long as what people paste by mistake.
      writeFileSync(join(folder, 'pasted'), text)
      tmux('load-buffer', join(folder, 'pasted'))
      tmux('paste-buffer', ...(how === 'bracketed' ? ['-p'] : []))
    },
    ended: async () => Number(/\[ended (\d+)\]/.exec(await shows(/\[ended \d+\]/))?.[1]),
    close: () => {
      spawnSync('tmux', ['-S', join(folder, 'socket'), 'kill-server'])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
