/**
 * Whose consent it is, so that nobody connects the wrong shop. The seller is told by the exchange's own fields, else by
 * the redirect, else by the vendor's harmless identity call. Where an account's seller is known, no other is taken for it,
 * nor one that cannot be told; where it is not, there is nothing to compare with.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { IdentityCall, MarketplaceAdapter } from '../marketplaces/adapter.ts'
import type { Clock } from '../platform/clock.ts'
import type { Http } from '../platform/http.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import type { Secret } from '../tokens/secret.ts'
import { sameSeller } from '../tokens/seller.ts'
import { SECOND } from '../tokens/time.ts'
import type { AccountHeader, Issued } from '../tokens/token-set.ts'
import type { ConsentIntent } from '../vault/journal.ts'
import type { RenewalPorts } from './ports.ts'
import { questionOf } from './question.ts'
import { type Keeping, pauseBefore, sendExchange } from './send.ts'

/** Asks the marketplace whose an access token is; undefined where it has no such call for this app, or will not say. */
export type Identify = (
  adapter: MarketplaceAdapter,
  app: AppKeys,
  issued: Issued,
) => Promise<string | undefined>

interface IdentifyPorts extends Pick<RenewalPorts, 'destinationOf' | 'random'> {
  readonly http: () => Promise<Http>
  readonly clock: Clock
}

/** `Identify` over the network, which is not touched before it is needed. It may be asked again: nothing is spent by it. */
export function identifyBy(ports: IdentifyPorts): Identify {
  return async (adapter, app, issued) => {
    const login = await adapter.login?.()
    const call = login?.identity?.(app, ports.destinationOf(adapter))
    return call === undefined
      ? undefined
      : await ask(call, await liveToken(adapter, app, issued, ports), ports)
  }
}

/**
 * An access token that is good now. An answer can wait in a journal for longer than the access token in it lives, and
 * whose consent it was must not count as untold for that: where tokens stay as they are, another is asked for.
 */
async function liveToken(
  adapter: MarketplaceAdapter,
  app: AppKeys,
  { accessToken, accessExpiresAt, refreshToken }: Issued,
  { http, destinationOf, random, clock }: IdentifyPorts,
): Promise<Secret> {
  const isLive = clock.now() < accessExpiresAt - adapter.renewBeforeSeconds * SECOND
  if (isLive || refreshToken === undefined || adapter.rotation !== 'none') return accessToken
  const { origin } = destinationOf(adapter)
  const question = await questionOf(adapter, { purpose: 'refresh', token: refreshToken, app, origin })
  const ports = { http: await http(), random, clock }
  return (await sendExchange(question, { now: clock.now() }, 'none', ports, KEPT_NOWHERE)).accessToken
}

/** Where tokens stay as they are, an answer brings nothing that could be lost. */
const KEPT_NOWHERE: Keeping = { wasLost: false, reply: async () => {}, loss: async () => {} }

async function ask(
  call: IdentityCall,
  accessToken: Secret,
  { http, random, clock }: IdentifyPorts,
): Promise<string | undefined> {
  const network = await http()
  const begun = clock.now()
  for (let tried = 1; ; tried += 1) {
    try {
      const response = await network.send(call.request(accessToken))
      if (response.cut !== undefined) throw response.cut
      return call.read(response, accessToken)
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      // It will not be told to this app, now or later.
      if (error.failure === 'configuration') return undefined
      const tries = { tried, rotation: 'none', alreadyLost: false, begun, lostAt: undefined } as const
      const pause = pauseBefore(error, { ...tries, now: clock.now() }, random)
      if (pause === undefined) throw error
      await clock.sleep(pause)
    }
  }
}

/**
 * Refuses a consent of another seller than the account's, and one whose seller another account has already.
 *
 * @param seller whose consent it is; null where nobody could tell.
 * @param others all accounts there are.
 * @throws {SELLER_MISMATCH} naming both sellers
 */
export function requireSeller(
  seller: string | null,
  header: AccountHeader,
  others: readonly AccountHeader[],
  { replacesSeller }: Pick<ConsentIntent, 'replacesSeller'>,
): void {
  if (replacesSeller) return
  const { account, seller: known } = header
  if (seller === null) {
    if (known !== null) throw untold(account, known)
    return
  }
  if (known !== null) {
    if (!sameSeller(known, seller)) throw another(account, known, seller)
    return
  }
  const twin = others.find(other => isSameShop(other, header, seller))
  if (twin !== undefined) throw connectedAlready(account, twin.account, seller)
}

/** The same seller under another name, on the same app: one shop connected twice. Amazon's regions are shops of their own. */
function isSameShop(other: AccountHeader, header: AccountHeader, seller: string): boolean {
  const marketplaceOf = ({ account }: AccountHeader) => account.slice(0, account.indexOf(':'))
  return (
    other.account !== header.account &&
    other.seller !== null &&
    sameSeller(other.seller, seller) &&
    other.holdsToken &&
    other.app === header.app &&
    other.environment === header.environment &&
    other.region === header.region &&
    marketplaceOf(other) === marketplaceOf(header)
  )
}

function another(account: string, known: string, seller: string): TokenctlError {
  return new TokenctlError(
    'SELLER_MISMATCH',
    `${account} belongs to the seller ${known}, and it was ${seller} who consented. Nothing was stored.`,
    { account },
  )
}

function untold(account: string, known: string): TokenctlError {
  return new TokenctlError(
    'SELLER_MISMATCH',
    `${account} belongs to the seller ${known}, and nothing tells whose consent this is. Nothing was stored.`,
    {
      account,
      fix: 'Paste the whole address that the browser was sent to, not the code alone; at eBay the app needs the scope `commerce.identity.readonly`. If you are sure that it is the right seller, add `--replace-seller`.',
    },
  )
}

function connectedAlready(account: string, twin: string, seller: string): TokenctlError {
  return new TokenctlError(
    'SELLER_MISMATCH',
    `The seller ${seller}, who consented, is connected already, as ${twin}. Nothing was stored for ${account}.`,
    {
      account,
      fix: `Sign out at the marketplace and run the login again with the seller of ${account}. If both names shall stand for one shop, add \`--replace-seller\`.`,
    },
  )
}
