/**
 * The record that a consent's answer makes, once its seller is known to be the right one: the same for the run that has
 * just received the answer and for the one that finds it in a journal.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import { proven, withNewToken } from '../tokens/replace.ts'
import { sameSeller } from '../tokens/seller.ts'
import type { EpochMs } from '../tokens/time.ts'
import type { AccountHeader, AccountSecrets, Issued, TokenSet } from '../tokens/token-set.ts'
import type { ConsentIntent } from '../vault/journal.ts'
import type { RenewalPorts } from './ports.ts'
import { requireEnvironment } from './preconditions.ts'
import { refreshTokenOf } from './question.ts'
import { requireSeller } from './seller.ts'

export interface AnsweredConsent {
  readonly adapter: MarketplaceAdapter
  readonly app: AppKeys
  /** The record that it goes into. */
  readonly before: TokenSet
  readonly issued: Issued
  readonly intent: ConsentIntent
  /** When the code was exchanged. */
  readonly at: EpochMs
}

type CheckPorts = Pick<RenewalPorts, 'vault' | 'destinationOf' | 'identify'>

/**
 * The record with what a consent gave. Its token takes the place of the old one, which stays inside as `previous`.
 *
 * @throws {SELLER_MISMATCH} · {REPLY_MALFORMED} without a refresh token · {GRANT_REJECTED} when the consent was taken back
 *   meanwhile · what the network throws where only the marketplace can tell whose consent it is; then the answer must be
 *   kept, and it is asked again later.
 */
export async function withConsent(answered: AnsweredConsent, ports: CheckPorts): Promise<TokenSet> {
  const { before, issued, intent, at } = answered
  const refreshToken = refreshTokenOf(issued)
  const seller = issued.seller ?? intent.seller ?? (await identified(answered, ports))
  await requireRightSeller(seller, before.header, intent, ports)
  const next = proven(withNewToken(before, refreshToken, at), issued, at)
  // Where nobody can tell, a person has vouched that it is the same one.
  const header = { ...next.header, seller: seller ?? before.header.seller }
  return wentOver(before.header, header)
    ? undelivered(header, next.secrets)
    : { header, secrets: next.secrets }
}

/** Whether the account is another seller's now, as far as both are known. */
function wentOver({ seller: was }: AccountHeader, { seller: is }: AccountHeader): boolean {
  return was !== null && is !== null && !sameSeller(was, is)
}

/** Without the receiver that the seller before had chosen: another one's tokens are not for it. */
function undelivered(header: AccountHeader, secrets: AccountSecrets): TokenSet {
  return { header: { ...header, delivery: null }, secrets: { ...secrets, delivery: null } }
}

/** Refuses the wrong seller, by all accounts there are. @throws {SELLER_MISMATCH} · what the vault throws */
export async function requireRightSeller(
  seller: string | null,
  header: AccountHeader,
  intent: ConsentIntent,
  { vault }: Pick<RenewalPorts, 'vault'>,
): Promise<void> {
  requireSeller(seller, header, (await vault.listing()).accounts, intent)
}

async function identified(
  { adapter, app, before, issued, intent }: AnsweredConsent,
  ports: CheckPorts,
): Promise<string | null> {
  // What stood in a journal may be of another environment than the one that is spoken to by now.
  requireEnvironment(before.header, adapter, ports)
  try {
    return (await ports.identify(adapter, app, issued)) ?? null
  } catch (error) {
    // A refresh token that is dead by now is no consent any more.
    if (!isTokenctlError(error) || error.failure === 'permanent') throw error
    // A person vouches for the seller: nothing has to wait for the marketplace's word.
    if (intent.replacesSeller) return null
    throw notYetTold(error, before.header.account, adapter)
  }
}

function notYetTold(why: TokenctlError, account: string, { title }: MarketplaceAdapter): TokenctlError {
  const { code, failure } = why
  return new TokenctlError(
    code,
    `${title} took the consent, and its answer is kept; but it does not tell yet whose shop it is: ${why.message}`,
    {
      account,
      fix: `Run \`tokenctl login ${account}\` again: it goes on from there, without a new consent. If it stays so and you are sure whose consent it was, \`tokenctl login ${account} --replace-seller\` stores it as it is.`,
      cause: why,
      ...(failure === undefined ? {} : { failure }),
    },
  )
}
