/** One life of a worker under faults: the built program in a process and a home of its own, until it ends or is killed. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { startTokenctl } from '../support/tokenctl.ts'

export interface LifeOptions {
  readonly number: number
  readonly home: string
  /** The way to the database. */
  readonly env: Readonly<Record<string, string>>
  readonly concurrency: number
  /** Told the code of each account that failed. */
  readonly onFailure: (code: string) => void
}

export class Life {
  readonly number: number
  readonly #child: ChildProcessWithoutNullStreams
  readonly #onFailure: (code: string) => void
  #said = ''
  #isUnread = false
  /** When it was killed, and by us. */
  killedAt: number | null = null

  constructor({ number, home, env, concurrency, onFailure }: LifeOptions) {
    this.number = number
    this.#onFailure = onFailure
    const words = ['--once', '--json', '--no-spread', '--no-notices', '--poll', '1s']
    this.#child = startTokenctl(['worker', ...words, '--concurrency', String(concurrency)], { home, env })
    this.#child.stdin.end()
  }

  /** The last of what it said to a person. */
  get said(): string {
    return this.#said
  }

  /** SIGKILL, now; false where it has ended already. */
  kill(): boolean {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return false
    // The moment before: whatever happens from here on may be of no effect.
    this.killedAt ??= performance.now()
    return this.#child.kill('SIGKILL')
  }

  /** Waits for its end. @throws where it ended in a way that no fault explains */
  async end(): Promise<'killed' | 'done' | 'gave-up'> {
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4000)
    })
    const lines = createInterface(this.#child.stdout).on('line', line => this.#hear(line))
    const [status] = (await once(this.#child, 'close')) as [number | null]
    lines.close()
    if (status === null && this.killedAt !== null) return 'killed'
    if (this.#isUnread && status !== 5) throw new Error(`life ${this.number} said what is no JSON`)
    // 3 and 4: accounts that failed, which are looked into one by one. 5: the store did not come back soon enough.
    if (status === 0 || status === 3 || status === 4) return 'done'
    if (status === 5) return 'gave-up'
    throw new Error(`life ${this.number} ended with ${status}:\n${this.#said}`)
  }

  #hear(line: string): void {
    let said: { readonly kind?: string; readonly code?: string | null }
    try {
      said = JSON.parse(line)
    } catch {
      // Killed while it spoke; or it gave up, and its last word is a document of several lines.
      this.#isUnread ||= this.killedAt === null
      return
    }
    if (said.kind === 'account' && said.code != null) this.#onFailure(said.code)
  }
}
