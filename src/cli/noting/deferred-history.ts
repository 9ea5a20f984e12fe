/**
 * The history as commands see it: noting costs nothing until something is noted, since `status` notes nothing and is
 * what people type. A note never fails a command: a token that is stored is worth more than the note of it.
 */
import { asTokenctlError } from '../../errors.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Terminal } from '../../platform/terminal.ts'
import type { History } from '../../renewal/ports.ts'
import { safeLine } from '../render/safe-text.ts'
import type { HistoryFile, Noted } from './history.ts'

export interface DeferredHistory extends History {
  ready(): Promise<void>
  /** Every line that is kept, oldest first, those just noted with them. @throws {RECORD_UNREADABLE} · {VAULT_UNAVAILABLE} */
  lines(): Promise<readonly string[]>
  /** Resolves when all that was noted is written, or was said to be missing. Never rejects. */
  settled(): Promise<void>
}

/**
 * A history that is opened at the first note. Notes carry the time at which they were made and are written in their
 * order; the first that cannot be written is said on standard error, and no other.
 */
export function deferHistory(
  open: () => Promise<HistoryFile>,
  { clock, terminal }: { readonly clock: Pick<Clock, 'now'>; readonly terminal: Pick<Terminal, 'err'> },
): DeferredHistory {
  let opened: Promise<HistoryFile> | undefined
  let last = Promise.resolve()
  let isWarned = false
  const waiting: Noted[] = []
  const history = () => {
    opened ??= open()
    return opened
  }

  /** Writes all that was noted by then: of many accounts at work, several end in one turn. */
  async function write(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    const noted = waiting.splice(0)
    if (noted.length === 0) return
    try {
      const written = await history()
      written.write(noted)
    } catch (thrown) {
      if (isWarned) return
      isWarned = true
      const { message, fix } = asTokenctlError(thrown)
      terminal.err(`Note: this is missing in the history. ${safeLine(`${message} ${fix}`)}\n`)
    }
  }

  return {
    note(event) {
      waiting.push({ event, at: clock.now() })
      // One turn for all that are noted before it comes.
      if (waiting.length === 1) last = last.then(write)
    },
    async ready() {
      // Why it cannot be opened is said where something is to be written.
      await history().catch(() => undefined)
    },
    async lines() {
      await last
      return (await history()).lines()
    },
    settled: () => last,
  }
}
