/** What a renewal needs from outside, and what it says back. */
import type { TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import type { Locks } from '../platform/file-lock.ts'
import type { AccountRef } from '../tokens/account.ts'
import type { AccountHeader, Environment } from '../tokens/token-set.ts'
import type { Vault } from '../vault/vault.ts'
import type { Assessment } from './assess.ts'
import type { Policy } from './policy.ts'
import type { SendPorts } from './send.ts'

/** Where a marketplace's requests go in this run. */
export interface Destination {
  readonly environment: Environment
  /** Scheme and host. */
  readonly origin: string
}

export interface RenewalPorts extends SendPorts {
  readonly vault: Vault
  readonly locks: Locks
  readonly adapterOf: (marketplace: string) => MarketplaceAdapter
  readonly policyOf: (adapter: MarketplaceAdapter) => Policy
  readonly destinationOf: (adapter: MarketplaceAdapter) => Destination
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
}
