/**
 * The programs that this process runs at the moment, so that none outlives a tokenctl that is told to end. A stop that
 * somebody here has taken (the first Ctrl-C of a run, which finishes what is open) leaves them alone. Any other ends
 * them first, each with all that it started, and then this process, by the signal that it got.
 */

export interface LivingProgram {
  /** Asks it to end and ends it a moment later where it does not; it leaves the list when it is over. */
  stop(): void
  /** Ends it now. */
  kill(): void
}

const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type Process = Pick<NodeJS.Process, 'prependListener' | 'off' | 'listenerCount' | 'kill' | 'pid'>

export class LivingPrograms {
  readonly #process: Process
  readonly #living = new Set<LivingProgram>()
  #ending: NodeJS.Signals | undefined

  constructor(proc: Process) {
    this.#process = proc
  }

  /** Whether this process ends as soon as its programs have: nothing more is to be begun. */
  get isEnding(): boolean {
    return this.#ending !== undefined
  }

  /** Signals are listened to only while there is a program: at any other time they end the process by themselves. */
  add(program: LivingProgram): void {
    if (this.#living.size === 0)
      // First in the row: who takes a stop once is no longer in it when its turn has come.
      for (const name of STOPS) this.#process.prependListener(name, this.#onStop)
    this.#living.add(program)
  }

  delete(program: LivingProgram): void {
    if (!this.#living.delete(program) || this.#living.size > 0) return
    for (const name of STOPS) this.#process.off(name, this.#onStop)
    if (this.#ending !== undefined) this.#process.kill(this.#process.pid, this.#ending)
  }

  readonly #onStop = (name: NodeJS.Signals): void => {
    const isFirst = !this.isEnding
    const isTaken = this.#process.listenerCount(name) > 1
    if (isTaken && isFirst) return
    this.#ending ??= name
    for (const program of this.#living) {
      if (isFirst) program.stop()
      else program.kill()
    }
  }
}

/** Those of this process. */
export const livingPrograms = new LivingPrograms(process)
