/**
 * Storing what a marketplace has just issued (I1). Nothing else holds it: a store that fails once, as a full disk or a
 * busy keychain does, is tried again before the token is given up, and the words then do not pretend that nothing was lost.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { AccountRef } from '../tokens/account.ts'
import type { TokenSet } from '../tokens/token-set.ts'
import type { StoredAccount, Vault } from '../vault/vault.ts'
import type { SendPorts } from './send.ts'

/** Pauses before the second and third try, in milliseconds: a rename that failed once, then a disk that frees space. */
const PAUSES_MS = [200, 1500]

/**
 * The record as it was read back.
 *
 * @throws what the store threw last, saying that an answer is at stake.
 */
export async function storeIssued(
  account: AccountRef,
  next: TokenSet,
  after: number | null,
  { vault, clock }: { readonly vault: Vault; readonly clock: SendPorts['clock'] },
): Promise<StoredAccount> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await vault.saveAccount(next, after)
    } catch (error) {
      const written = tried > 0 ? await alreadyThere(account, next, vault) : undefined
      if (written !== undefined) return written
      const pause = PAUSES_MS[tried]
      if (!isTokenctlError(error)) throw error
      if (pause === undefined) throw notStored(error)
      await clock.sleep(pause)
    }
  }
}

/** The record, where an earlier try wrote it and only failed to say so. */
async function alreadyThere(
  account: AccountRef,
  next: TokenSet,
  vault: Vault,
): Promise<StoredAccount | undefined> {
  try {
    const stored = await vault.account(account)
    const token = next.secrets.refreshToken
    const same = token !== null && stored?.secrets.refreshToken?.equals(token) === true
    return same && stored.header.generation === next.header.generation ? stored : undefined
  } catch (error) {
    // The store's own failure is being handled; that it cannot be read either adds nothing.
    if (isTokenctlError(error)) return undefined
    throw error
  }
}

function notStored(error: TokenctlError): TokenctlError {
  const message = `The marketplace accepted, and its answer could not be stored: ${error.message}`
  return new TokenctlError(error.code, message, {
    fix: `${error.fix} Then renew again at once: where the marketplace replaced the token, it may refuse the one that is stored here.`,
    cause: error,
    ...(error.account === undefined ? {} : { account: error.account }),
  })
}
