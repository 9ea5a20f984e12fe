/** What a person is told while `doctor` waits for what is slow: once, after a second, and only at a terminal. */
import type { Terminal } from '../../platform/terminal.ts'

/** Long enough that what is quick says nothing. */
const PATIENCE_MS = 1000

/** Names what is under way until it is done. */
export interface Progress {
  /** Runs work under a name: `the keychain`. */
  during<T>(name: string, work: Promise<T>): Promise<T>
  /** Nothing is said any more. */
  end(): void
}

/** Progress on standard error; silent where nobody looks. */
export function showProgress({ isInteractive, err }: Pick<Terminal, 'isInteractive' | 'err'>): Progress {
  const open = new Set<string>()
  const say = () => {
    if (open.size > 0) err(`Still looking at ${[...open].join(', ')} …\n`)
  }
  const timer = isInteractive ? setTimeout(say, PATIENCE_MS) : undefined
  return {
    async during(name, work) {
      open.add(name)
      try {
        return await work
      } finally {
        open.delete(name)
      }
    },
    end: () => clearTimeout(timer),
  }
}
