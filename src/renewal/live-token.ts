/**
 * One access token that lives long enough: the stored one where it does, else one refresh by the way of every renewal
 * (lock, journal, record; I1). Many that ask at once make one request: whoever comes to the lock after the first finds
 * another generation there, and reads what it stored.
 */
import { TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { Secret } from '../tokens/secret.ts'
import { type EpochMs, MINUTE, SECOND } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { StoredAccount } from '../vault/vault.ts'
import { backingOff } from './back-off.ts'
import { isAhead, planFor } from './plan.ts'
import type { RenewalPorts, RenewResult } from './ports.ts'
import { requireEnvironment } from './preconditions.ts'
import type { Candidate } from './renew-all.ts'
import { renewOne } from './renew-one.ts'

export interface LiveToken {
  readonly accessToken: Secret
  readonly expiresAt: EpochMs
  /** The account as it is stored now. */
  readonly header: AccountHeader
  /** Whether the marketplace was asked, by this run or by another one meanwhile. */
  readonly wasRenewed: boolean
}

/** The refresh of another run can have come too early for what is wanted here; that of this run cannot. */
const ATTEMPTS = 2

/**
 * An access token of an account that lives for at least this long from now.
 *
 * @param candidate the account as it was listed; the record is read anew.
 * @param minValidMs null: the marketplace's own margin (`renewBeforeSeconds`).
 * @throws {ACCOUNT_UNKNOWN} when there is none · {NOT_LOGGED_IN} when it is followed by its dates alone ·
 *   {GRANT_REJECTED} {ANSWER_LOST} when its refresh token was refused, asking nobody · {USAGE} when no token of this
 *   marketplace lives so long · the last failure's code while a back-off holds · what one renewal fails with
 */
export async function liveToken(
  { account, header: listed }: Candidate,
  minValidMs: number | null,
  ports: RenewalPorts,
): Promise<LiveToken> {
  const adapter = ports.adapterOf(account.marketplace)
  for (let attempt = 0; attempt <= ATTEMPTS; attempt++) {
    const stored = await ports.vault.account(account)
    if (stored === undefined) throw removed(account)
    // A script that works with one marketplace must not get a token of another: not the sandbox's for the real one.
    if (stored.header.holdsToken) requireEnvironment(stored.header, adapter, ports)
    const now = ports.clock.now()
    const life = lifeOf(stored.header)
    const wanted = minValidMs ?? marginOf(adapter, life)
    const token = livingToken(stored, wanted, now)
    if (token !== undefined) return { ...token, header: stored.header, wasRenewed: attempt > 0 }
    if (minValidMs !== null && life !== null && life - wanted < LEAST_OF_LIFE_MS)
      throw tooLong(stored.header, life, adapter)
    const { isAppPublic } = listed
    if (attempt < ATTEMPTS) await renew(account, { ...stored.header, isAppPublic }, now, ports)
  }
  throw new TokenctlError('MARKETPLACE_DOWN', 'The access token that was issued has ended already.', {
    account: formatAccount(account),
    fix: "Look at this machine's clock with `tokenctl doctor`; or the marketplace issues tokens that are too short.",
  })
}

/** The stored access token, where it is good for so long as far as anybody knows. */
function livingToken(
  { header, secrets }: StoredAccount,
  wanted: number,
  now: EpochMs,
): Pick<LiveToken, 'accessToken' | 'expiresAt'> | undefined {
  const { accessExpiresAt, acceptedAt, awaitsRecovery, refused } = header
  const { accessToken } = secrets
  if (accessToken === null || accessExpiresAt === null) return undefined
  // The journal holds newer tokens, and the marketplace may have ended this one when it issued them.
  if (awaitsRecovery || refused !== null) return undefined
  // An end that a wrong clock counted from a time still to come says nothing.
  if (isAhead(acceptedAt, now)) return undefined
  return accessExpiresAt - now >= Math.max(wanted, 1)
    ? { accessToken, expiresAt: accessExpiresAt }
    : undefined
}

/** A token that is to live so long but for this cannot be had in time, however fast the answer comes. */
const LEAST_OF_LIFE_MS = MINUTE

/** How long the stored access token lived when it was issued, in milliseconds; null where that is not known. */
function lifeOf({ accessExpiresAt, acceptedAt, refused }: AccountHeader): number | null {
  if (accessExpiresAt === null || acceptedAt === null || refused !== null) return null
  return accessExpiresAt > acceptedAt ? accessExpiresAt - acceptedAt : null
}

/** The marketplace's own margin, or a quarter of a life that is so short. */
function marginOf({ renewBeforeSeconds }: MarketplaceAdapter, life: number | null): number {
  const margin = renewBeforeSeconds * SECOND
  return life === null ? margin : Math.min(margin, life / 4)
}

/** By the token that is stored: else each call would ask the marketplace, and none would be content. */
function tooLong({ account }: AccountHeader, life: number, { title }: MarketplaceAdapter): TokenctlError {
  const minutes = Math.floor(life / MINUTE)
  return new TokenctlError(
    'USAGE',
    `The access tokens of ${title} live ${minutes} minutes from their issue.`,
    {
      account,
      fix: `Ask for less: \`--min-valid ${Math.max(1, Math.floor(minutes / 2))}m\`.`,
    },
  )
}

/** One refresh. @throws as `liveToken` */
async function renew(
  account: AccountRef,
  seen: AccountHeader,
  now: EpochMs,
  ports: RenewalPorts,
): Promise<void> {
  const adapter = ports.adapterOf(account.marketplace)
  const plan = planFor(seen, 'token', adapter, ports.policyOf(adapter), now)
  if (plan === 'backing-off') throw failureOf(backingOff({ account, header: seen, assessment: null }, now))
  if (plan === 'needs-person') throw dead(seen, adapter)
  const result = await renewOne(account, seen, 'token', ports)
  if (result.outcome === 'needs-person')
    throw dead({ ...seen, ...result.header, isAppPublic: seen.isAppPublic }, adapter)
  if (result.outcome === 'failed') throw failureOf(result)
}

function failureOf({ account, error }: RenewResult): TokenctlError {
  return error ?? new TokenctlError('BUG', `${formatAccount(account)} failed without a reason.`)
}

/** What stands in the way is a person's to mend. */
function dead({ account, isAppPublic, refused }: AccountHeader, adapter: MarketplaceAdapter): TokenctlError {
  const command = adapter.consentCommand(account.slice(account.indexOf(':') + 1), isAppPublic === true)
  const fix = `A new consent mends it: \`${command}\`.`
  if (refused === null)
    return new TokenctlError(
      'NOT_LOGGED_IN',
      `${account} is followed by its dates alone; there is no token.`,
      {
        account,
        fix: `To have tokens of it: \`${command}\`.`,
      },
    )
  const words =
    refused.code === 'ANSWER_LOST'
      ? 'was refused after an answer had been lost'
      : 'was refused by the marketplace'
  return new TokenctlError(refused.code, `The refresh token of ${account} ${words}.`, { account, fix })
}

function removed(account: AccountRef): TokenctlError {
  const name = formatAccount(account)
  return new TokenctlError('ACCOUNT_UNKNOWN', `There is no account ${name} any more.`, {
    account: name,
    fix: '`tokenctl accounts list` shows the accounts there are.',
  })
}
