/**
 * Two accounts that hold one token, told by their headers: what a rename that was cut off leaves behind, or an import of
 * one shop under two names. A token that is replaced when it is used must not be presented under both. Pure.
 */
import type { AccountHeader } from '../tokens/token-set.ts'

/** The accounts that share a token, by name, each with the name of another that does. */
export function twinsOf(headers: readonly AccountHeader[]): ReadonlyMap<string, string> {
  const first = new Map<string, string>()
  const twins = new Map<string, string>()
  for (const { account, fingerprint } of headers) {
    if (fingerprint === null) continue
    const other = first.get(fingerprint)
    if (other === undefined) first.set(fingerprint, account)
    else twins.set(account, other).set(other, account)
  }
  return twins
}

/** The slots of a search at its begin; as many again whenever they are half full. */
const FIRST_SLOTS = 1024

/**
 * Looks for a fingerprint that comes twice among any number of them, in 16 bytes or less for each: of a million accounts
 * neither the headers nor the names can be kept. Whose they are is the caller's second look.
 */
export class TwinSearch {
  /** Two halves of a fingerprint a slot; both 0 where it is free. */
  #slots = new Uint32Array(FIRST_SLOTS * 2)
  #used = 0
  readonly #twice = new Set<string>()

  /** Takes one more fingerprint: 16 hex digits. */
  add(fingerprint: string): void {
    const high = Number.parseInt(fingerprint.slice(0, 8), 16) >>> 0
    // A pair of zeros would look free: it is as good as any to be another's.
    const low = Number.parseInt(fingerprint.slice(8), 16) >>> 0 || 1
    if (this.#place(high, low)) this.#twice.add(fingerprint)
    if (this.#used * 4 > this.#slots.length) this.#grow()
  }

  /** Fingerprints that came more than once; one among billions may be here that did not. */
  get twice(): ReadonlySet<string> {
    return this.#twice
  }

  /** Whether it was there already. */
  #place(high: number, low: number): boolean {
    const slots = this.#slots
    const mask = slots.length / 2 - 1
    for (let slot = (high ^ low) & mask; ; slot = (slot + 1) & mask) {
      const [first, second] = [slots[slot * 2], slots[slot * 2 + 1]]
      if (first === high && second === low) return true
      if (first !== 0 || second !== 0) continue
      slots[slot * 2] = high
      slots[slot * 2 + 1] = low
      this.#used += 1
      return false
    }
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Uint32Array(before.length * 2)
    this.#used = 0
    for (let at = 0; at < before.length; at += 2) {
      const [high = 0, low = 0] = [before[at], before[at + 1]]
      if (high !== 0 || low !== 0) this.#place(high, low)
    }
  }
}

/** What a person should know of two such accounts. */
export function twinNote([one, other]: readonly [string, string]): string {
  return `${one} and ${other} hold the same token. After a rename that was cut off, the same \`tokenctl accounts rename\` finishes it; else remove one of them.`
}
