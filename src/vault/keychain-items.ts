/**
 * Single items of the operating system's keychain, as bytes under a name, through the killable helper. Every item's
 * name begins with the vault's id, so that two vaults of one user never meet. Knows nothing of records.
 */
import type { Files } from '../platform/files.ts'
import type { LineProcess } from '../platform/line-process.ts'
import { helperEnvironment } from './keychain-bus.ts'
import { faultError } from './keychain-faults.ts'
import type { HelperAnswer, HelperQuestion } from './keychain-helper.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Starts the helper with this environment; nothing runs before its first question. */
export type StartHelper = (env: Env) => LineProcess | Promise<LineProcess>

export interface KeychainItemsOptions {
  readonly vaultId: string
  readonly env: Env
  readonly files: Pick<Files, 'platform' | 'uid' | 'isOwnSocket'>
  readonly startHelper: StartHelper
}

/** The library spins for ever at about 1,000 open entries (@napi-rs/keyring 1.3.0 to 2.1.2, measured 22 Nov 2026). */
const ENTRIES_A_HELPER = 800

/** A helper that was started, or is being: whoever asks meanwhile asks the same one. */
interface Helper {
  readonly program: Promise<LineProcess>
  /** The items that it has opened. */
  readonly names: Set<string>
  /** Settled when it has answered its last question, and so all before; says nothing, and holds no answer. */
  answered: Promise<void>
}

export class KeychainItems {
  readonly #options: KeychainItemsOptions
  #helper: Helper | undefined

  constructor(options: KeychainItemsOptions) {
    this.#options = options
  }

  /** What an item holds; undefined when there is none. @throws {VAULT_LOCKED} · {VAULT_UNAVAILABLE} · {RECORD_UNREADABLE} */
  async get(name: string): Promise<Buffer | undefined> {
    const answer = await this.#ask({ op: 'get', account: this.#account(name) })
    return answer?.value === undefined ? undefined : Buffer.from(answer.value, 'base64')
  }

  /** Writes an item, which was read back when this returns. @throws as `get` · {WRITE_FAILED} */
  async set(name: string, bytes: Uint8Array): Promise<void> {
    const value = Buffer.from(bytes).toString('base64')
    await this.#ask({ op: 'set', account: this.#account(name), value })
  }

  /** Removes an item; false when there was none. @throws as `get` */
  async delete(name: string): Promise<boolean> {
    return (await this.#ask({ op: 'delete', account: this.#account(name) })) !== undefined
  }

  /**
   * Ends the helper. Safe to call twice. A full one that still answers is not waited for: nothing is lost or hangs, since each of
   * its open questions keeps this process alive until its answer or its time limit, and whoever filled it ends it then. Were
   * this process killed, the helper would see that by itself.
   */
  async close(): Promise<void> {
    if (this.#helper !== undefined) await (await this.#helper.program).close()
  }

  #account(name: string): string {
    return `${this.#options.vaultId}/${name}`
  }

  async #ask(question: HelperQuestion): Promise<{ readonly value?: string } | undefined> {
    const outcome = await this.#answerTo(question)
    if ('failed' in outcome)
      throw faultError(outcome.failed === 'hung' ? 'hung' : 'other', DETAILS[outcome.failed])
    // The helper is our own program; its lines are not input from outside.
    const answer = outcome.answer as HelperAnswer
    if ('error' in answer) throw faultError(answer.error, answer.text)
    return 'none' in answer ? undefined : answer
  }

  /** Nothing is waited for before the question is in its helper's queue: others ask at the same time. */
  async #answerTo(question: HelperQuestion): ReturnType<LineProcess['ask']> {
    const { account } = question
    const full = this.#helper
    const isFull = full !== undefined && full.names.size >= ENTRIES_A_HELPER && !full.names.has(account)
    if (isFull) this.#helper = undefined
    this.#helper ??= this.#start()
    const helper = this.#helper
    helper.names.add(account)
    const answer = helper.program.then(program => program.ask(question))
    helper.answered = answer.then(
      () => {},
      () => {},
    )
    if (isFull) {
      // Others may still wait for what they asked it.
      await full.answered
      await (await full.program).close()
    }
    return await answer
  }

  #start(): Helper {
    const env = helperEnvironment(this.#options.env, this.#options.files)
    if (env === undefined) throw faultError('no-bus')
    const program = Promise.resolve(this.#options.startHelper(env))
    const helper: Helper = { program, names: new Set(), answered: Promise.resolve() }
    program.catch(() => {
      // Whoever asked is told; the next time it may start.
      if (this.#helper === helper) this.#helper = undefined
    })
    return helper
  }
}

const DETAILS = {
  hung: 'no answer',
  died: 'its helper ended before it answered',
  garbled: 'its helper gave no sensible answer',
  'not-started': 'its helper could not be started',
} as const
