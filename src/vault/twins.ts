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

/** What a person should know of two such accounts. */
export function twinNote([one, other]: readonly [string, string]): string {
  return `${one} and ${other} hold the same token. After a rename that was cut off, the same \`tokenctl accounts rename\` finishes it; else remove one of them.`
}
