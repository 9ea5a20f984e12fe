/** A long text on its way to standard output in pieces, made harmless, without more than one of them waiting here. */
import type { Terminal } from '../../platform/terminal.ts'
import { safeText } from './safe-text.ts'

/** In characters: what a pipe holds on Linux, so that fewer writes would gain nothing. */
const PIECE = 65_536

/** One output. What is added comes out at `end` at the latest. */
export class Pieces {
  readonly #terminal: Pick<Terminal, 'pour'>
  #text = ''
  #isLost = false

  constructor(terminal: Pick<Terminal, 'pour'>) {
    this.#terminal = terminal
  }

  /** Whether its reader has gone: the rest need not be made, and is dropped. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** Adds whole characters: no half of a pair may end here. */
  async add(text: string): Promise<void> {
    this.#text += text
    if (this.#text.length >= PIECE) await this.end()
  }

  /** Writes what waits. */
  async end(): Promise<void> {
    const text = this.#text
    this.#text = ''
    if (text !== '' && !this.#isLost) this.#isLost = !(await this.#terminal.pour(safeText(text)))
  }
}
