/**
 * A consent that a marketplace says was revoked: the accounts of that seller are marked as refused, as a refresh would
 * find them. No token is touched, and none is asked about.
 */
import { TokenctlError } from '../../errors.ts'
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { ConsentRevoked } from '../../marketplaces/notification.ts'
import { afterRevocation } from '../../tokens/replace.ts'
import { isSeller, sellerText } from '../../tokens/seller.ts'
import { DAY, type EpochMs } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { done } from '../noting/history.ts'
import { showTime } from '../render/dates.ts'
import { rulesOf } from '../rules.ts'
import { refOf, unknownAccount } from '../selection.ts'
import type { Marked } from '../shapes/mark-shape.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'
import type { Intake } from './intake.ts'

/**
 * The seller's accounts, of the real marketplace or of the one that is spoken to now: what is written to a simulator's
 * accounts does the real ones no harm.
 *
 * @throws {ACCOUNT_UNKNOWN} naming the seller that was looked for · {USAGE} for a day to come, and where the account that
 *   was named is another seller's.
 */
export function sellersAccounts(
  told: ConsentRevoked,
  { adapter, listing, named }: Intake,
  world: World,
): readonly AccountHeader[] {
  const { sellerId, sellerName, at } = told
  if (at > world.clock.now() + DAY)
    throw new TokenctlError(
      'USAGE',
      `The notification says that the consent was revoked in the future (${showTime(at)}).`,
      {
        fix: "Look at this machine's clock. Nothing was changed.",
      },
    )
  const { environment } = rulesOf(world.settings()).destinationOf(adapter)
  const here = listing.accounts.filter(
    header =>
      header.account.startsWith(`${adapter.id}:`) &&
      header.holdsToken &&
      ['production', environment].includes(header.environment),
  )
  if (named !== undefined) return [namedAccount(named, told, adapter, here)]
  const found = here.filter(({ seller }) => seller !== null && isSeller(seller, sellerId, sellerName))
  if (found.length > 0) return found
  const unknown = here.filter(header => header.seller === null).map(({ account }) => account)
  throw new TokenctlError(
    'ACCOUNT_UNKNOWN',
    `There is no ${adapter.title} account of the seller ${sellerOf(told)}.`,
    {
      fix:
        unknown.length === 0
          ? '`tokenctl status --json` names the sellers. Nothing was changed.'
          : `Whose these are, nobody has said: ${unknown.join(', ')}. If it is one of them, name it: \`tokenctl mark --stdin --account ${unknown[0]}\`. Nothing was changed.`,
    },
  )
}

/** The account that a person says it is about, unless that is known to be another seller's. */
function namedAccount(
  name: string,
  told: ConsentRevoked,
  { title }: MarketplaceAdapter,
  here: readonly AccountHeader[],
): AccountHeader {
  const found = here.find(({ account }) => account === name)
  if (found === undefined) throw unknownAccount(refOf({ account: name }), here)
  const { seller } = found
  if (seller === null || isSeller(seller, told.sellerId, told.sellerName)) return found
  throw new TokenctlError(
    'USAGE',
    `${name} is of the seller ${seller}; ${title} speaks of ${sellerOf(told)}.`,
    {
      account: name,
      fix: 'Nothing was changed.',
    },
  )
}

function sellerOf({ sellerId, sellerName }: ConsentRevoked): string {
  return sellerId === null ? (sellerName ?? '') : sellerText(sellerId, sellerName ?? undefined)
}

/** Marks one of them, under its lock. @throws what the vault throws */
export async function markRevoked(
  told: ConsentRevoked,
  { account }: AccountHeader,
  { adapter, vault }: Intake,
  world: World,
): Promise<Marked> {
  const ref = refOf({ account })
  // The receiver's clock may run behind the vendor's; a refusal is never dated ahead.
  const at = Math.min(told.at, world.clock.now())
  return await underLock(ref, vault, world, async () => {
    const stored = await vault.account(ref)
    if (stored === undefined)
      throw new TokenctlError('ACCOUNT_UNKNOWN', `${account} was removed meanwhile.`, { account })
    const { header, secrets, revision } = stored
    const row = { notification: told.topic, kind: 'account', subject: account } as const
    if (header.refused !== null)
      return { ...row, outcome: 'unchanged', message: `${account} was known to be refused already.` }
    const since = knownGoodAt(header)
    if (since !== null && at < since)
      return { ...row, outcome: 'unchanged', message: newerWords(account, at, since, adapter) }
    await vault.saveAccount({ header: afterRevocation(header, at), secrets }, revision)
    world.history.note(done('mark', account))
    return { ...row, outcome: 'refused', message: refusedWords(account, told, at, adapter) }
  })
}

/** When the stored token is known to have been good last: its consent, or the last time it was taken. */
function knownGoodAt({ consentAt, acceptedAt }: AccountHeader): EpochMs | null {
  return consentAt === null || acceptedAt === null
    ? (consentAt ?? acceptedAt)
    : Math.max(consentAt, acceptedAt)
}

function newerWords(account: string, at: EpochMs, since: EpochMs, { title }: MarketplaceAdapter): string {
  return `${account} was good on ${showTime(since)}, after ${title} revoked an earlier consent (${showTime(at)}): it stays as it is.`
}

function refusedWords(
  account: string,
  { because }: ConsentRevoked,
  at: EpochMs,
  { title }: MarketplaceAdapter,
): string {
  return `${account}: ${title} says that its consent was revoked ${because === null ? '' : `${because} `}on ${showTime(at)}; it is marked as refused.`
}
