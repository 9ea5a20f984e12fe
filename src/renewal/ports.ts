/** What a renewal needs from outside, and what it says back. */
import type { TokenctlError } from '../errors.ts'
import type { Destination, MarketplaceAdapter } from '../marketplaces/adapter.ts'
import type { Locks } from '../platform/file-lock.ts'
import type { AccountRef } from '../tokens/account.ts'
import type { EpochMs } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { Vault } from '../vault/vault.ts'
import type { Assessment } from './assess.ts'
import type { Policy } from './policy.ts'
import type { Identify } from './seller.ts'
import type { SendPorts } from './send.ts'

/** One thing that was done to an account or an app, for the history. It holds no secret and no vendor's free text. */
export interface HistoryEvent {
  readonly action:
    | 'renew'
    | 'recover'
    | 'set-amazon'
    | 'login'
    | 'import'
    | 'track'
    | 'renewed'
    | 'rename'
    | 'remove'
    | 'ack'
    | 'deliver'
    | 'deliver-to'
    | 'tag'
    | 'mark'
    | 'app set'
    | 'app rotate'
    | 'app remove'
    | 'export'
    | 'app export'
    | 'migrate'
    | 'app migrate'
  /** `ebay:main`; of an app the marketplace and its name, `amazon:default`. */
  readonly subject: string
  /** The name before, of a `rename`; absent for everything else. */
  readonly from?: string
  /** `done` for what is no renewal; else the renewal's outcome. */
  readonly outcome: Outcome | 'done' | 'stored' | 'pending'
  readonly code: string | null
  /** What the failure said about the token. */
  readonly failure: string | null
  /** The vendor's id of the exchange, for its support. */
  readonly requestId: string | null
}

/** Where events are written down. A history that cannot be written warns and stops nothing. */
export interface History {
  note(event: HistoryEvent): void
  /** Gets ready what a note needs, so that one can be written when nothing more can be loaded. Never rejects. */
  ready?(): Promise<void>
}

/** An app by the marketplace that it is of. */
export interface AppRef {
  readonly marketplace: string
  readonly app: string
}

/** Refreshes by the day, counted over all runs of this user on this machine, or over all machines of a fleet. */
export interface Quota {
  /** Looks up what `left` says of these apps, where that is not at hand. Never rejects. */
  look?(apps: readonly AppRef[]): Promise<void>
  /** How many refreshes the app may still send in the day of `now`; null where there is no limit, or no count. */
  left(marketplace: string, app: string, now: EpochMs): number | null
  /** Counts one refresh, each try for itself; it is sent when that is done. Never throws or rejects: a count is worth no renewal. */
  used(marketplace: string, app: string, now: EpochMs): void | Promise<void>
}

export interface RenewalPorts extends SendPorts {
  readonly vault: Vault
  readonly locks: Locks
  readonly adapterOf: (marketplace: string) => MarketplaceAdapter
  readonly policyOf: (adapter: MarketplaceAdapter) => Policy
  readonly destinationOf: (adapter: MarketplaceAdapter) => Destination
  /** Asked only where neither a consent's redirect nor its answer names the seller. */
  readonly identify: Identify
  readonly history: History
  /** Absent where nothing is counted. */
  readonly quota?: Quota
  /** Tells the person, or cron's mail, what no result says: a whole sentence, without secrets. */
  readonly tell?: (text: string) => void
}

/**
 * How one account came out.
 *
 * - `renewed`: the vendor accepted, the renewal clock moved
 * - `proved`: the vendor accepted, which on Amazon moves no clock
 * - `fresh`: another run renewed it between our first reading and our lock
 * - `needs-person`: nothing a program does can mend it
 * - `failed`: `error` says why
 */
export type Outcome = 'renewed' | 'proved' | 'fresh' | 'needs-person' | 'failed'

export interface RenewResult {
  readonly account: AccountRef
  readonly outcome: Outcome
  readonly error: TokenctlError | null
  /** The header as it is stored now; null when it could not be read. */
  readonly header: AccountHeader | null
  readonly assessment: Assessment | null
  /** Until when an unattended run leaves the account alone, and so did not ask; absent where it was asked. */
  readonly waitsUntil?: EpochMs
}
