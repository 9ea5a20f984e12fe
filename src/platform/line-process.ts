/**
 * A child process that answers one JSON line for each JSON line, and that can be killed: for native calls that may
 * never return and cannot be timed out in their own process. One call at a time; the first that fails in any way ends
 * the child, and every later one fails at once with the same reason, so that a hung service costs a run one wait.
 */
import { type ChildProcess, spawn } from 'node:child_process'

/** Why there is no answer: `hung` after the limit, `died` before answering, `garbled` no JSON, `not-started`. */
export type NoAnswer = 'hung' | 'died' | 'garbled' | 'not-started'

export interface LineProcess {
  /** The child's answer to one question, or why there is none. Never throws. */
  ask(question: unknown): Promise<{ readonly answer: unknown } | { readonly failed: NoAnswer }>
  /** Ends the child, if one was started. Safe to call twice. */
  close(): Promise<void>
}

export interface LineProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** How long one answer may take, in milliseconds. */
  readonly timeoutMs?: number
}

/** Short enough for a person at a terminal, and above the 2 s after which the Secret Service's client gives up itself. */
export const DEFAULT_TIMEOUT_MS = 5000
/** What a child may take to end by itself once its input has ended. */
const FAREWELL_MS = 500
/** A longer answer is a fault of the child's. */
const MAX_ANSWER_CHARS = 64 * 1024 * 1024

/** The child is started at the first question. It keeps this process alive only while a question is open. */
export function startLineProcess(options: LineProcessOptions): LineProcess {
  return new Child(options)
}

type Settle = (outcome: { answer: unknown } | { failed: NoAnswer }) => void

class Child implements LineProcess {
  readonly #options: LineProcessOptions
  #child: ChildProcess | undefined
  #failed: NoAnswer | undefined
  #settle: Settle | undefined
  #received = ''
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: LineProcessOptions) {
    this.#options = options
  }

  ask(question: unknown): Promise<{ answer: unknown } | { failed: NoAnswer }> {
    const turn = this.#queue.then(() => this.#askNow(question))
    this.#queue = turn
    return turn
  }

  async close(): Promise<void> {
    const child = this.#child
    this.#failed ??= 'died'
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => child.kill('SIGKILL'), FAREWELL_MS)
      child.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
      child.stdin?.end()
    })
  }

  #askNow(question: unknown): Promise<{ answer: unknown } | { failed: NoAnswer }> {
    if (this.#failed !== undefined) return Promise.resolve({ failed: this.#failed })
    return new Promise(resolve => {
      // The timer also keeps this process alive until the answer, since the child and its pipes do not.
      const timer = setTimeout(() => this.#fail('hung'), this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS)
      this.#settle = outcome => {
        clearTimeout(timer)
        this.#settle = undefined
        resolve(outcome)
      }
      this.#child ??= this.#start()
      this.#child.stdin?.write(`${JSON.stringify(question)}\n`)
    })
  }

  #start(): ChildProcess {
    const { command, args, env } = this.#options
    // Its standard error is nobody's: native libraries write there what no person asked for.
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true })
    child.once('error', () => this.#fail('not-started'))
    child.once('exit', () => this.#fail('died'))
    // Writing to a child that is gone; `exit` says it.
    child.stdin?.on('error', () => {})
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#receive(text))
    child.unref()
    for (const pipe of [child.stdin, child.stdout])
      if (pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref()
    return child
  }

  #receive(text: string): void {
    this.#received += text
    const end = this.#received.indexOf('\n')
    if (end === -1) {
      if (this.#received.length > MAX_ANSWER_CHARS) this.#fail('garbled')
      return
    }
    const line = this.#received.slice(0, end)
    this.#received = this.#received.slice(end + 1)
    // An answer that nobody asked for: question and answer no longer belong together.
    if (this.#settle === undefined || this.#received !== '') {
      this.#fail('garbled')
      return
    }
    try {
      this.#settle({ answer: JSON.parse(line) })
    } catch {
      // V8's message would quote the answer, which may be a secret.
      this.#fail('garbled')
    }
  }

  #fail(reason: NoAnswer): void {
    this.#failed ??= reason
    this.#child?.kill('SIGKILL')
    this.#child = undefined
    this.#settle?.({ failed: this.#failed })
  }
}
