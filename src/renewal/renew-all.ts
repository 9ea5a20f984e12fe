/**
 * Many accounts, a few at a time. One account's failure never stops the rest; the run ends with all of them told
 * apart (certbot's lesson).
 */
import { asTokenctlError } from '../errors.ts'
import type { AccountRef } from '../tokens/account.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { assess } from './assess.ts'
import { planFor, type RenewMode } from './plan.ts'
import type { RenewalPorts, RenewResult } from './ports.ts'
import { renewOne } from './renew-one.ts'

export interface Candidate {
  readonly account: AccountRef
  readonly header: AccountHeader
}

export interface RenewAllOptions {
  readonly mode: RenewMode
  /** Accounts at work at the same time, at least 1. */
  readonly concurrency: number
  /** Aborted when the person stops the run: what is open is finished, nothing else is begun. */
  readonly stop?: AbortSignal
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
      // Between two accounts is where a run can be stopped: an open exchange may hold the only copy of a token.
      if (options.stop?.aborted === true) return
      const result = await renewCandidate(candidate, options.mode, ports)
      if (result === undefined) continue
      results[index] = result
      options.onDone?.(result)
    }
  }
  const workers = Math.min(candidates.length, Math.max(1, options.concurrency))
  await Promise.all(Array.from({ length: workers }, worker))
  return results.filter(result => result !== undefined)
}

/** As `renewPlanned`; what stands in the way before there is a plan (a marketplace nobody knows) fails this one only. */
async function renewCandidate(
  candidate: Candidate,
  mode: RenewMode,
  ports: RenewalPorts,
): Promise<RenewResult | undefined> {
  try {
    return await renewPlanned(candidate, mode, ports)
  } catch (error) {
    const { account, header } = candidate
    return { account, outcome: 'failed', error: asTokenctlError(error), header, assessment: null }
  }
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
