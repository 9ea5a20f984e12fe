/**
 * From the words of a script to access tokens that live long enough: which accounts, how long, and the refresh where one
 * is needed, which a stop does not cut off. It calls no hook and sends no notice (those are `renew`'s), and shows nothing.
 */
import { TokenctlError } from '../../errors.ts'
import { type LiveToken, liveToken } from '../../renewal/live-token.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import { durationMs, parseDuration } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Vault } from '../../vault/vault.ts'
import { deliverRenewed } from '../delivery/deliver-renewed.ts'
import { listingFor } from '../finding.ts'
import { renewalPorts, STOPPING } from '../renewing/renewing.ts'
import { rulesOf } from '../rules.ts'
import { notConnected, refOf } from '../selection.ts'
import type { World } from '../world.ts'
import { oneAccount } from './one-account.ts'

/** The accounts that are meant, by the word that was typed for each, and the vault that they are in. */
export interface AccountsMeant {
  readonly byWord: ReadonlyMap<string, AccountHeader>
  readonly vault: Vault
}

export interface TokensWanted {
  /** In milliseconds; null is each marketplace's own margin. */
  readonly minValidMs: number | null
  /** What has not happened where a stop came first, as part of a sentence: `a token was printed`. */
  readonly before: string
}

/**
 * The length that `--min-valid` names, in milliseconds; null without it.
 *
 * @throws {USAGE} when the text is no length
 */
export function minValidOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const length = parseDuration(text)
  if (length !== undefined) return durationMs(length, 0)
  throw new TokenctlError('USAGE', `--min-valid: ${quoteTyped(text)} is no length.`, {
    fix: 'Write it as `10m` or `1h`; minutes are the smallest, and `0m` takes any token that lives.',
  })
}

/**
 * The account of each word. Nobody is asked for anything yet, and no secret is opened.
 *
 * @throws as `oneAccount`
 */
export async function accountsMeant(
  words: readonly string[],
  by: string,
  world: World,
): Promise<AccountsMeant> {
  const opened = await (await world.openVault(by)).read()
  const listing = await listingFor(words, opened)
  const byWord = new Map(words.map(word => [word, oneAccount(word, listing)]))
  if (opened.state === 'empty') throw notConnected('marketplace', 'tokenctl status')
  return { byWord, vault: opened.vault }
}

/** The accounts of some of the words that were looked up, `ebay:main` each. @throws {BUG} for another word */
export function accountsOf(words: readonly string[], { byWord }: AccountsMeant): readonly string[] {
  return words.map(word => {
    const header = byWord.get(word)
    if (header === undefined) throw new TokenctlError('BUG', 'A word of the line was not looked up.')
    return header.account
  })
}

/** The token of one account, `ebay:main`. @throws {BUG} where it is none of those: a command must not start without it */
export function tokenOf(account: string, tokens: readonly LiveToken[]): LiveToken {
  const found = tokens.find(({ header }) => header.account === account)
  if (found === undefined) throw new TokenctlError('BUG', 'A token that was asked for is not there.')
  return found
}

/**
 * A living token of each account, each once. The first failure ends it: no later account is asked then.
 *
 * @throws as `liveToken` · {CANCELLED} when a stop came meanwhile
 */
export async function liveTokens(
  { byWord, vault }: AccountsMeant,
  { minValidMs, before }: TokensWanted,
  world: World,
): Promise<readonly LiveToken[]> {
  const ports = await renewalPorts(world, vault, rulesOf(world.settings()))
  return await heldBack(world, async () => {
    const tokens: LiveToken[] = []
    for (const header of new Set(byWord.values())) {
      tokens.push(await liveToken({ account: refOf(header), header }, minValidMs, ports))
      refuseStopped(before, world)
    }
    return tokens
  })
}

/** Hands on what a refresh here left waiting. What fails is a note on standard error, and changes nothing. */
export async function deliverTokens(tokens: readonly LiveToken[], world: World): Promise<void> {
  const headers = tokens.filter(({ wasRenewed }) => wasRenewed).map(({ header }) => header)
  await deliverRenewed({ headers, says: false }, world)
}

/**
 * Stops where a person, or the system, asked to.
 *
 * @throws {CANCELLED}
 */
export function refuseStopped(before: string, world: World): void {
  if (!world.signal.aborted) return
  throw new TokenctlError('CANCELLED', `Stopped before ${before}.`, {
    fix: 'What the marketplace issued meanwhile is stored.',
  })
}

/** Until the work is over a first stop only aborts the signal, since an answer may hold the only copy of a token. */
async function heldBack<T>(world: World, work: () => Promise<T>): Promise<T> {
  const { signal } = world
  const tell = () => world.terminal.err(STOPPING)
  signal.addEventListener('abort', tell, { once: true })
  try {
    return await work()
  } finally {
    // What `exec` runs afterwards is stopped in its own way, and nothing is open any more.
    signal.removeEventListener('abort', tell)
  }
}
