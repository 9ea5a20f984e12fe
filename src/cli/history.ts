/**
 * Writes down what was done, a line an event, in the state folder: no secret, no vendor's free text. It makes no folder,
 * so what changes nothing (`status`) leaves nothing behind, and it never fails a command: a token that is stored is
 * worth more than the note of it.
 */
import { asTokenctlError } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { LineLog } from '../platform/line-log.ts'
import type { Terminal } from '../platform/terminal.ts'
import type { History, HistoryEvent } from '../renewal/ports.ts'
import { toIso } from '../tokens/time.ts'
import { safeLine } from './render/safe-text.ts'
import type { HistoryLine } from './shapes/history-shape.ts'

/** What was written down, as lines; `history-events.ts` reads them. */
export interface WrittenHistory extends History {
  /** Every line that is kept, oldest first. @throws {RECORD_UNREADABLE} · {VAULT_UNAVAILABLE} */
  lines(): readonly string[]
}

export interface HistoryOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** The command that runs. */
  readonly by: () => string
  readonly terminal: Pick<Terminal, 'err'>
}

/** The history over a file of lines. What cannot be written is said once, on standard error. */
export function createHistory(log: LineLog, { clock, random, by, terminal }: HistoryOptions): WrittenHistory {
  let run: string | undefined
  let isWarned = false

  function warn(thrown: unknown): void {
    if (isWarned) return
    isWarned = true
    const { message, fix } = asTokenctlError(thrown)
    terminal.err(`Note: this is missing in the history. ${safeLine(`${message} ${fix}`)}\n`)
  }

  return {
    note(event) {
      try {
        run ??= runId(random)
        log.append(JSON.stringify(lineOf(event, { at: toIso(clock.now()), run, by: by() })))
      } catch (error) {
        warn(error)
      }
    },
    lines: () => log.lines(),
  }
}

/** The event of something that was simply done, as everything but a renewal is. */
export function done(
  action: HistoryEvent['action'],
  subject: string,
  more: Pick<HistoryEvent, 'from'> = {},
): HistoryEvent {
  return { action, subject, ...more, outcome: 'done', code: null, failure: null, requestId: null }
}

function lineOf(event: HistoryEvent, when: Pick<HistoryLine, 'at' | 'run' | 'by'>): HistoryLine {
  const { action, subject, from = null, outcome, code, failure, requestId } = event
  return { version: 1, ...when, action, subject, from, outcome, code, class: failure, requestId }
}

/** Enough to tell the runs of a file of lines apart; nothing secret hangs on it. */
function runId(random: () => number): string {
  return Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0')
}
