/** What `tokenctl status --json` prints, as a value. */
import { findStatus } from '../cli/status/status-findings.ts'
import { reportOf } from '../cli/status/status-report.ts'
import { TokenctlError } from '../errors.ts'
import { throughDoor } from './door-of.ts'
import type { OpenVault } from './open-vault.ts'
import { worldOf } from './world-of.ts'

/** An end of a consent: reported by the marketplace, or estimated from the day of consent. Both null: not known. */
export interface Ends {
  readonly at: string | null
  readonly basis: 'reported' | 'estimated' | null
}

/** One account. Dates are ISO 8601 in UTC; null is "not known" or "none". */
export interface AccountStatus {
  /** `ebay:main` */
  readonly account: string
  readonly marketplace: string
  readonly name: string
  readonly app: string | null
  readonly state: 'rejected' | 'expired' | 'unconfirmed' | 'expiring' | 'due' | 'ok'
  readonly consentAt: string | null
  readonly renewedAt: string | null
  readonly renewBy: string | null
  readonly ends: Ends
  /** Whole days to the end. */
  readonly daysLeft: number | null
  readonly accessExpiresAt: string | null
  /** As the marketplace names the seller: its text, which nobody has made harmless for a screen. */
  readonly seller: string | null
  readonly lastAttempt: {
    readonly at: string
    readonly outcome: 'renewed' | 'proved' | 'failed'
    readonly code: string | null
  } | null
  /** When it was dead, until that was acknowledged: orders of that time may be missing. */
  readonly gap: { readonly from: string; readonly to: string } | null
  readonly delivery: {
    readonly state: 'delivered' | 'pending' | 'failed'
    readonly how: 'command' | 'url'
    readonly target: string
    readonly tokens: readonly ('access' | 'refresh')[]
    readonly deliveredAt: string | null
    readonly failing: { readonly code: string; readonly count: number; readonly since: string } | null
    readonly triesAgainAt: string | null
  } | null
  readonly tags: Readonly<Record<string, string>>
  /** The command that mends it, and why it is in its state. */
  readonly next: { readonly command: string | null; readonly reason: string }
}

/** One app. */
export interface AppStatus {
  readonly marketplace: string
  readonly name: string
  readonly secretIssuedAt: string | null
  readonly secretEndsAt: string | null
  readonly previousEndsAt: string | null
  readonly state: 'ok' | 'expiring' | 'expired'
}

/** Every account and app, the gravest first. */
export interface Status {
  readonly version: 1
  readonly now: string
  /** Where the records rest; null before anything was stored and where nobody chose. */
  readonly store: string | null
  readonly accounts: readonly AccountStatus[]
  readonly apps: readonly AppStatus[]
  readonly notConnected: readonly string[]
  readonly lastOpenedAt: string | null
  /** What to know before trusting it: whole sentences, among them one for each record that cannot be read. */
  readonly warnings: readonly string[]
}

/**
 * The state of every account and app, or of those named. Opens no secret and asks nobody.
 *
 * @param accounts `ebay:main`; `ebay` for all of eBay's; none for all there are.
 * @throws {MARKETPLACE_UNKNOWN} · {ACCOUNT_UNKNOWN} · {VAULT_UNAVAILABLE} · {VAULT_LOCKED} · {SETTINGS_INVALID}
 */
export async function status(vault: OpenVault, accounts: readonly string[] = []): Promise<Status> {
  const world = worldOf(vault)
  if (!Array.isArray(accounts) || accounts.some(account => typeof account !== 'string'))
    throw new TokenctlError('USAGE', 'Accounts are a list of words such as `ebay:main`.')
  // The door first: what is found goes through the same one.
  await throughDoor(world, door => door.read())
  return reportOf(await findStatus({ accounts }, world))
}
