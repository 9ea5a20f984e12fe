/**
 * A string that must not be printed by accident (I2). It shows as `[secret 1a2b3c4d]` wherever a string, JSON or
 * the inspector is asked for it; `reveal()` is the one way out and easily found by a search.
 */
import { createHash } from 'node:crypto'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself. Stands only in `oauth/`, `marketplaces/`, `vault/`, `token` and `exec` (I2). */
  reveal(): string {
    return this.#text
  }

  /** The first 8 hex digits of the text's SHA-256: enough to tell two secrets apart, nothing to start from. */
  get fingerprint(): string {
    return createHash('sha256').update(this.#text).digest('hex').slice(0, 8)
  }

  /** Whether both hold the same text. */
  equals(other: Secret): boolean {
    return this.#text === other.#text
  }

  toString(): string {
    return `[secret ${this.fingerprint}]`
  }

  toJSON(): string {
    return this.toString()
  }

  [INSPECT](): string {
    return this.toString()
  }
}
