/**
 * Whether the token of a document is here already, under another name: as after a rename, or where one shop was entered
 * twice. Stored once more it would be presented under both names, and one that is replaced when it is used then be
 * presented by one of them as a thief would. Told by the headers; no secret is opened.
 */
import type { Secret } from '../../tokens/secret.ts'
import type { TokenSet } from '../../tokens/token-set.ts'
import type { StoredAccount, Vault } from '../../vault/vault.ts'

/** The other account, `ebay:main`, that a token would be shared with if it were stored under a name; null for none. */
export type SharedWith = (account: string, token: Secret) => Promise<string | null>

/** By what is stored now. Listed once for a whole document, since a listing reads every header. */
export async function sharedInVault(vault: Vault | undefined): Promise<SharedWith> {
  if (vault === undefined) return async () => null
  const { accounts } = await vault.listing()
  const holders = new Map<string, readonly string[]>()
  for (const { account, fingerprint } of accounts) {
    if (fingerprint !== null) holders.set(fingerprint, [...(holders.get(fingerprint) ?? []), account])
  }
  if (holders.size === 0) return async () => null
  return async (account, token) =>
    holders.get(await vault.fingerprint(token))?.find(holder => holder !== account) ?? null
}

/** The tokens that an account would bring and that are not stored under its name already. */
export function newTokens({ secrets }: TokenSet, stored: StoredAccount | undefined): readonly Secret[] {
  const known = [stored?.secrets.refreshToken, stored?.secrets.pending]
  return [secrets.refreshToken, secrets.pending].filter(
    (token): token is Secret => token !== null && !known.some(other => other?.equals(token) === true),
  )
}
