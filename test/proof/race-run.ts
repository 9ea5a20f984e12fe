/** One run of the program in a race: started, befallen by its fate, and told to the observer. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { renewSchema } from '../../src/cli/shapes/renew-shape.ts'
import { ended, startTokenctl } from '../support/tokenctl.ts'
import type { Fate } from './race-chance.ts'
import type { Moment, Unseen } from './race-observer.ts'

export class RaceRun {
  readonly number: number
  readonly #child: ChildProcessWithoutNullStreams
  readonly #fate: Fate | undefined
  readonly #note: (event: Unseen) => void
  readonly #timers: NodeJS.Timeout[] = []
  #befallen = false

  constructor(
    number: number,
    args: readonly string[],
    { home, fate, note }: { home: string; fate: Fate | undefined; note: (event: Unseen) => void },
  ) {
    this.number = number
    this.#fate = fate
    this.#note = note
    note({ type: 'start', run: number })
    this.#child = startTokenctl([...args, '--json'], { home })
    this.#child.stdin.end()
    this.at('start')
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Told each moment of the run's exchanges; its fate begins at the first that is its own. */
  at(moment: 'start' | Moment): void {
    const fate = this.#fate
    if (fate === undefined || fate.from !== moment || this.#befallen) return
    this.#befallen = true
    this.#after(fate.afterMs, () => {
      this.#signal(fate.what)
      if (fate.what === 'stop') this.#after(fate.thenMs, () => this.#signal(fate.ending))
    })
  }

  /** Waits for the end and tells it; the codes of what was said, by account. */
  async end(): Promise<ReadonlyMap<string, string | null>> {
    const { status, stdout } = await ended(this.#child)
    for (const timer of this.#timers) clearTimeout(timer)
    const codes = new Map<string, string | null>()
    // Killed while it spoke: what is there of it is no document.
    const said = status === null ? [] : renewSchema.parse(JSON.parse(stdout)).results
    for (const { account, outcome, code } of said) {
      codes.set(account, code)
      this.#note({ type: 'result', run: this.number, account, outcome, code })
    }
    this.#note({ type: 'end', run: this.number, status })
    return codes
  }

  #after(ms: number, work: () => void): void {
    // At once means in the middle of the exchange, not a turn later.
    if (ms === 0) work()
    else this.#timers.push(setTimeout(work, ms))
  }

  #signal(what: 'kill' | 'stop' | 'continue'): void {
    const signal = ({ kill: 'SIGKILL', stop: 'SIGSTOP', continue: 'SIGCONT' } as const)[what]
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    if (this.#child.kill(signal)) this.#note({ type: what, run: this.number })
  }
}
