/** A living access token of one account. */
import { renewalPorts } from '../cli/renewing/renewing.ts'
import { rulesOf } from '../cli/rules.ts'
import { refOf } from '../cli/selection.ts'
import { TokenctlError } from '../errors.ts'
import { liveToken } from '../renewal/live-token.ts'
import type { Secret } from '../tokens/secret.ts'
import type { OpenVault } from './open-vault.ts'
import { accountIn } from './world-of.ts'

export interface AccessToken {
  readonly account: string
  /** `reveal()` gives the text; printed, logged or made JSON it is `[secret …]`. */
  readonly token: Secret
  /** Sent as `Authorization: Bearer …`, or as the marketplace's own header. */
  readonly type: 'bearer'
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly expiresAt: number
}

/**
 * An access token that lives for a while yet: the stored one, else by a refresh. Of many that ask at once, in one process
 * or several, one asks the marketplace.
 *
 * @param account `ebay:main`
 * @param minValidMs how long it must live from now, in milliseconds; the marketplace's own margin when left out.
 * @throws {GRANT_REJECTED} · {ANSWER_LOST} · {NOT_LOGGED_IN} where a person must act · {USAGE} where no token lives so
 *   long · {NETWORK_FAILED} · {RATE_LIMITED} · {MARKETPLACE_DOWN} · {LOCK_HELD} where the next call may succeed · what
 *   `renewAccount` throws
 */
export async function accessToken(
  vault: OpenVault,
  account: string,
  options: { readonly minValidMs?: number | null } = {},
): Promise<AccessToken> {
  const minValidMs = minValidOf(options)
  const { header, records, world } = await accountIn(vault, account)
  const ports = await renewalPorts(world, records, rulesOf(world.settings()))
  const live = await liveToken({ account: refOf(header), header }, minValidMs, ports)
  return { account, token: live.accessToken, type: 'bearer', expiresAt: live.expiresAt }
}

/** What is no length would never be met: each call would ask the marketplace, and none would be content. @throws {USAGE} */
function minValidOf(options: unknown): number | null {
  const wanted = typeof options === 'object' && options !== null ? Object(options).minValidMs : undefined
  if (typeof options === 'object' && options !== null && (wanted === undefined || wanted === null))
    return null
  if (typeof wanted === 'number' && Number.isFinite(wanted) && wanted >= 0) return wanted
  throw new TokenctlError('USAGE', '`minValidMs` must be a number of milliseconds from 0.', {
    fix: 'Ten minutes are `{ minValidMs: 600_000 }`.',
  })
}
