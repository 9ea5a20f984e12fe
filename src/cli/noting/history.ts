/**
 * Writes down what was done, a line an event, in the state folder: no secret, no vendor's free text. It makes no folder,
 * so what changes nothing (`status`) leaves nothing behind.
 */
import type { LineLog } from '../../platform/line-log.ts'
import type { HistoryEvent } from '../../renewal/ports.ts'
import { type EpochMs, toIso } from '../../tokens/time.ts'
import { runId } from '../run-id.ts'
import type { HistoryLine } from '../shapes/history-shape.ts'

/** An event, and when it was. */
export interface Noted {
  readonly event: HistoryEvent
  readonly at: EpochMs
}

/** The history as a file of lines. `deferred-history.ts` is what commands see of it. */
export interface HistoryFile {
  /** Adds events, in their order. @throws whatever keeps them from being written; the caller decides that it stops nothing. */
  write(events: readonly Noted[]): void
  /** Every line that is kept, oldest first. @throws {RECORD_UNREADABLE} · {VAULT_UNAVAILABLE} */
  lines(): readonly string[]
}

export interface HistoryOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** The command that runs. */
  readonly by: () => string
}

/** The history over a file of lines, for one run of the program. */
export function createHistory(log: LineLog, { random, by }: HistoryOptions): HistoryFile {
  const run = runId(random)
  return {
    write: events => {
      const lines = events.map(({ event, at }) => lineOf(event, { at: toIso(at), run, by: by() }))
      log.append(...lines.map(line => JSON.stringify(line)))
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
