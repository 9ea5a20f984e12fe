/**
 * Storing what a marketplace has just issued (I1). A store that fails once, as a full disk or a busy keychain does, is
 * tried again. What the journal holds by then can wait for the next run; what it could not take either is held on to for
 * a minute before it is given up, and the words never pretend that nothing was lost.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { AccountRef } from '../tokens/account.ts'
import type { TokenSet } from '../tokens/token-set.ts'
import type { StoredAccount, Vault } from '../vault/vault.ts'
import type { SendPorts } from './send.ts'

/** Pauses before the next tries, in milliseconds: a rename that failed once, then a disk that frees space. */
const PAUSES_MS = [200, 1500]
/** Where the answer is in memory alone a person may still make room: some 50 seconds of tries. */
const LONG_PAUSES_MS = [200, 1500, 5000, 15_000, 30_000]

export interface StorePorts {
  readonly vault: Vault
  readonly clock: SendPorts['clock']
  /** Whether the journal holds the answer, if need be after another try. */
  readonly isKept: () => Promise<boolean>
  readonly onPause?: SendPorts['onPause']
}

/**
 * The record as it was read back.
 *
 * @throws what the store threw last, saying where the answer is.
 */
export async function storeIssued(
  account: AccountRef,
  next: TokenSet,
  after: number | null,
  { vault, clock, isKept, onPause }: StorePorts,
): Promise<StoredAccount> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await vault.saveAccount(next, after, { endsJournal: true })
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      const written = tried > 0 ? await alreadyThere(account, next, vault) : undefined
      if (written !== undefined) return written
      const pause = await pauseAfter(tried, error, isKept)
      if (pause > 1000) onPause?.(pause, error)
      await clock.sleep(pause)
    }
  }
}

/** How long to wait before the next try, in milliseconds. @throws the failure in words, when there is none. */
async function pauseAfter(
  tried: number,
  error: TokenctlError,
  isKept: StorePorts['isKept'],
): Promise<number> {
  const kept = await isKept()
  const pause = (kept ? PAUSES_MS : LONG_PAUSES_MS)[tried]
  if (pause === undefined) throw kept ? keptInJournal(error) : notStored(error)
  return pause
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

function keptInJournal(error: TokenctlError): TokenctlError {
  return withWords(
    error,
    `The marketplace accepted, and its answer is safe in the journal but not yet in the record: ${error.message}`,
    'Then run the same command again: it is stored from the journal, and nobody is asked.',
  )
}

function notStored(error: TokenctlError): TokenctlError {
  return withWords(
    error,
    `The marketplace accepted, and its answer could not be stored: ${error.message}`,
    'Then run the same command again at once: where the marketplace replaced the token, it may refuse the one that is stored here.',
  )
}

function withWords(error: TokenctlError, message: string, then: string): TokenctlError {
  return new TokenctlError(error.code, message, {
    fix: `${error.fix} ${then}`,
    cause: error,
    ...(error.account === undefined ? {} : { account: error.account }),
  })
}
