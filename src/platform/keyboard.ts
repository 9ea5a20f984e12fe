/**
 * Standard input between the terminal and one prompt: joins pastes, notices the end of input (which inquirer waits
 * through for ever), keeps what comes too late or is far too long away from whatever reads the terminal next, and stays
 * awake through Ctrl-Z.
 */
import { PassThrough } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { PasteJoiner } from './paste.ts'

/** The parts of `process.stdin` that a prompt needs. */
export interface KeySource {
  readonly isTTY?: boolean
  setRawMode?(isRaw: boolean): unknown
  on(event: 'data', listener: (piece: Uint8Array | string) => void): unknown
  on(event: 'end', listener: () => void): unknown
  off(event: 'data', listener: (piece: Uint8Array | string) => void): unknown
  off(event: 'end', listener: () => void): unknown
  pause(): unknown
  resume(): unknown
}

/**
 * Why a prompt ends without an answer: Ctrl-D, the terminal has gone, more came than any answer has, or the answer came
 * from elsewhere.
 */
export type KeyboardEnd = 'ctrl-d' | 'gone' | 'too-long' | 'withdrawn'

/** The longest answer. Four times the longest token seen; readline draws anew for every character. */
export const LONGEST_ANSWER = 16 * 1024

// How long a terminal is silent when a paste is over.
const SILENCE_MS = 100

const CTRL_D = '\x04'
/** Readline would stop the process on it, and be deaf when that goes on, or where no shell can make it go on. */
const CTRL_Z = '\x1a'

/** What inquirer reads in place of `process.stdin`. */
export class Keyboard extends PassThrough {
  // inquirer throws away what was typed before the question when it reads from a terminal; it shall do so here.
  readonly isTTY = true
  readonly #source: KeySource
  readonly #ended: (end: KeyboardEnd) => void
  readonly #decoder = new StringDecoder('utf8')
  readonly #joiner: PasteJoiner | undefined
  #length = 0
  #isRaw = false
  #silence: NodeJS.Timeout | undefined
  /** Why nothing is taken any more; the end comes with the silence after it. */
  #deafTo: 'too-long' | 'withdrawn' | undefined

  /** Reads from `source` until `release()`; `ended` is called at most once for each way to end. */
  constructor(source: KeySource, joinsPastes: boolean, ended: (end: KeyboardEnd) => void) {
    super()
    this.#source = source
    this.#ended = ended
    this.#joiner = joinsPastes ? new PasteJoiner() : undefined
    source.on('data', this.#take)
    source.on('end', this.#gone)
    process.on('SIGCONT', this.#wake)
    // The question before this one paused it, and a listener alone does not wake what was paused.
    source.resume()
  }

  /** Readline's switch for the terminal's raw mode. */
  setRawMode(isRaw: boolean): this {
    this.#isRaw = isRaw
    this.#source.setRawMode?.(isRaw)
    return this
  }

  /** Takes nothing more, and ends with `withdrawn` when the keys or the paste under way are over. */
  withdraw(): void {
    this.#deafTo ??= 'withdrawn'
    this.#endInSilence(this.#deafTo)
  }

  /** Gives the terminal back as it was. */
  release(): void {
    clearTimeout(this.#silence)
    this.#source.off('data', this.#take)
    this.#source.off('end', this.#gone)
    process.off('SIGCONT', this.#wake)
    this.#source.setRawMode?.(false)
    this.#source.pause()
    this.destroy()
  }

  // Stopped from elsewhere (`kill -STOP`), the process finds the terminal as the shell left it. Off first: what is on
  // already is not set anew.
  readonly #wake = () => {
    if (!this.#isRaw) return
    this.#source.setRawMode?.(false)
    this.#source.setRawMode?.(true)
    this.#source.resume()
  }

  readonly #gone = () => this.#ended('gone')

  readonly #take = (piece: Uint8Array | string) => {
    if (this.#deafTo !== undefined) return this.#endInSilence(this.#deafTo)
    const text = typeof piece === 'string' ? piece : this.#decoder.write(Buffer.from(piece))
    const keys = (this.#joiner?.push(text) ?? text).replaceAll(CTRL_Z, '')
    this.#length += keys.length
    if (this.#length > LONGEST_ANSWER) {
      this.#deafTo = 'too-long'
      return this.#endInSilence(this.#deafTo)
    }
    if (!keys.includes(CTRL_D)) {
      this.write(keys)
      return
    }
    this.#ended('ctrl-d')
  }

  // The rest of a paste is still on its way; whoever reads the terminal next must not get it.
  #endInSilence(end: KeyboardEnd): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#ended(end), SILENCE_MS)
  }
}
