/**
 * Whose a stored token is, where nobody said so yet (it was imported, or pasted). Asked before a new consent takes its
 * place: without it, whoever consents is taken for the right one.
 */
import { isTokenctlError } from '../errors.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { RenewalPorts } from './ports.ts'
import { appKeysOf } from './preconditions.ts'
import { renewOne } from './renew-one.ts'

/**
 * Learns the seller of an account, and returns its header as it is then. One that is known stays; one that cannot be
 * told, or whose token is dead, stays unknown: nothing here fails but the vault.
 *
 * @throws {VAULT_LOCKED} · {VAULT_UNAVAILABLE} · {RECORD_UNREADABLE} · {WRITE_FAILED} · {LOCK_HELD}
 */
export async function learnSeller(
  account: AccountRef,
  ports: RenewalPorts,
): Promise<AccountHeader | undefined> {
  const before = (await ports.vault.account(account))?.header
  if (before === undefined || !canBeAsked(before)) return before
  // The answer to a renewal names the seller (AliExpress), or brings the access token to ask with.
  const { header: after } = await renewOne(account, before, 'named', ports)
  if (after === null || !canBeAsked(after)) return after ?? before
  return await ports.locks.hold(formatAccount(account), () => identified(account, ports))
}

/** A token that may be spent is not presented for this. */
function canBeAsked({ holdsToken, seller, refused, presentedAt }: AccountHeader): boolean {
  return holdsToken && seller === null && refused === null && presentedAt === null
}

async function identified(account: AccountRef, ports: RenewalPorts): Promise<AccountHeader | undefined> {
  const stored = await ports.vault.account(account)
  const accessToken = stored?.secrets.accessToken ?? null
  const accessExpiresAt = stored?.header.accessExpiresAt ?? null
  if (stored === undefined || accessToken === null || accessExpiresAt === null) return stored?.header
  const adapter = ports.adapterOf(account.marketplace)
  const [app = {}] = await appKeysOf(stored.header, adapter, ports)
  const seller = await ports
    .identify(adapter, app, { accessToken, accessExpiresAt })
    .catch((error: unknown) => {
      if (isTokenctlError(error)) return undefined
      throw error
    })
  if (seller === undefined) return stored.header
  const next = { header: { ...stored.header, seller }, secrets: stored.secrets }
  return (await ports.vault.saveAccount(next, stored.revision)).header
}
