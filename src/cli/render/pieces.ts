/** A long text on its way to standard output in pieces, made harmless, without more than one of them waiting here. */
import type { Terminal } from '../../platform/terminal.ts'
import { safeText } from './safe-text.ts'

/** In characters: what a pipe holds on Linux, so that fewer writes would gain nothing. */
const PIECE = 65_536

/** One output: `add` what there is, `flush` whenever it is full, and at the end. */
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

  /** Whether what waits is to be written before more is added: for each row alone, to wait would cost as much as to make it. */
  get isFull(): boolean {
    return this.#text.length >= PIECE
  }

  /** Adds whole characters: no half of a pair may end here. */
  add(text: string): void {
    this.#text += text
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    const text = this.#text
    this.#text = ''
    if (text !== '' && !this.#isLost) this.#isLost = !(await this.#terminal.pour(safeText(text)))
  }
}
