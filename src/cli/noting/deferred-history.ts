/**
 * The history as commands see it: noting costs nothing until something is noted, since `status` notes nothing and is
 * what people type. A note never fails a command: a token that is stored is worth more than the note of it.
 */
import { asTokenctlError } from '../../errors.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Terminal } from '../../platform/terminal.ts'
import type { History, HistoryEvent } from '../../renewal/ports.ts'
import type { EpochMs } from '../../tokens/time.ts'
import { safeLine } from '../render/safe-text.ts'
import type { HistoryFile } from './history.ts'

export interface DeferredHistory extends History {
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
  const history = () => {
    opened ??= open()
    return opened
  }

  async function write(event: HistoryEvent, at: EpochMs): Promise<void> {
    try {
      const written = await history()
      written.write(event, at)
    } catch (thrown) {
      if (isWarned) return
      isWarned = true
      const { message, fix } = asTokenctlError(thrown)
      terminal.err(`Note: this is missing in the history. ${safeLine(`${message} ${fix}`)}\n`)
    }
  }

  return {
    note(event) {
      const at = clock.now()
      last = last.then(() => write(event, at))
    },
    async lines() {
      await last
      return (await history()).lines()
    },
    settled: () => last,
  }
}
