/**
 * Many accounts, a few at a time. One account's failure never stops the rest; the run ends with all of them told
 * apart (certbot's lesson).
 */
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import type { AccountRef } from '../tokens/account.ts'
import { addDuration, type EpochMs } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { assess } from './assess.ts'
import type { Policy } from './policy.ts'
import type { RenewalPorts, RenewResult } from './ports.ts'
import { type RenewMode, renewOne } from './renew-one.ts'

export interface Candidate {
  readonly account: AccountRef
  readonly header: AccountHeader
}

/** What `--due` makes of an account: ask the vendor, tell a person, or leave it out of the results. */
export type Plan = 'ask' | 'needs-person' | 'leave'

/**
 * The plan for one account. Named accounts are always asked about, whatever their state; an account that is only
 * followed by its dates has nothing to ask with.
 */
export function planFor(
  header: AccountHeader,
  mode: RenewMode,
  adapter: MarketplaceAdapter,
  policy: Policy,
  now: EpochMs,
): Plan {
  const { state, mender } = assess(header, adapter, policy, now)
  if (mode === 'named') return header.holdsToken ? 'ask' : 'needs-person'
  if (state === 'ok') return 'leave'
  if (state === 'unconfirmed') return waitsForAccessToken(header, adapter, now) ? 'leave' : 'ask'
  if (mender === 'program') return 'ask'
  return header.holdsToken && !askedWithinWindow(header, policy, now) ? 'ask' : 'needs-person'
}

/** A replay may cost the access token that still works, so it waits until that is about to run out. */
function waitsForAccessToken(header: AccountHeader, adapter: MarketplaceAdapter, now: EpochMs): boolean {
  return header.accessExpiresAt !== null && header.accessExpiresAt - adapter.renewBeforeSeconds * 1000 > now
}

/** Only a person can mend it, so the vendor's answer would not change: once per window is enough to be sure. */
function askedWithinWindow(header: AccountHeader, policy: Policy, now: EpochMs): boolean {
  const last = Math.max(header.lastAttempt?.at ?? 0, header.acceptedAt ?? 0)
  return last > 0 && now < addDuration(last, policy.window)
}

export interface RenewAllOptions {
  readonly mode: RenewMode
  /** Accounts at work at the same time, at least 1. */
  readonly concurrency: number
  readonly onDone?: (result: RenewResult) => void
}

/** The results of all that were asked about or need a person, in the order of the candidates. */
export async function renewAll(
  candidates: readonly Candidate[],
  options: RenewAllOptions,
  ports: RenewalPorts,
): Promise<readonly RenewResult[]> {
  const results: (RenewResult | undefined)[] = candidates.map(() => undefined)
  const waiting = candidates.entries()
  const worker = async () => {
    for (const [index, candidate] of waiting) {
      const result = await renewPlanned(candidate, options.mode, ports)
      if (result === undefined) continue
      results[index] = result
      options.onDone?.(result)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, options.concurrency) }, worker))
  return results.filter(result => result !== undefined)
}

async function renewPlanned(
  { account, header }: Candidate,
  mode: RenewMode,
  ports: RenewalPorts,
): Promise<RenewResult | undefined> {
  const adapter = ports.adapterOf(account.marketplace)
  const policy = ports.policyOf(adapter)
  const now = ports.clock.now()
  const plan = planFor(header, mode, adapter, policy, now)
  if (plan === 'leave') return undefined
  if (plan === 'ask') return renewOne(account, header, mode, ports)
  return {
    account,
    outcome: 'needs-person',
    error: null,
    header,
    assessment: assess(header, adapter, policy, now),
  }
}
