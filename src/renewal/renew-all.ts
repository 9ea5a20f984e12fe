/**
 * Many accounts, a few at a time. One account's failure never stops the rest; the run ends with all of them told
 * apart (certbot's lesson).
 */
import { asTokenctlError } from '../errors.ts'
import type { AccountRef } from '../tokens/account.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { assess } from './assess.ts'
import { backingOff, waitingOut } from './back-off.ts'
import { planFor, type RenewMode } from './plan.ts'
import type { AppRef, RenewalPorts, RenewResult } from './ports.ts'
import { appOf, inOrder, quotaSpent } from './ration.ts'
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
  // One account that a person names is asked about whatever a count says: the vendor's own answer is worth more.
  const rationed = options.mode === 'due' || candidates.length > 1
  if (rationed) await ports.quota?.look?.(appsOf(candidates))
  const waiting = inOrder(candidates, ports).values()
  const worker = async () => {
    for (const [index, candidate] of waiting) {
      // Between two accounts is where a run can be stopped: an open exchange may hold the only copy of a token.
      if (options.stop?.aborted === true) return
      const result = await renewCandidate(candidate, { mode: options.mode, rationed }, ports)
      if (result === undefined) continue
      results[index] = result
      options.onDone?.(result)
    }
  }
  const workers = Math.min(candidates.length, Math.max(1, options.concurrency))
  await Promise.all(Array.from({ length: workers }, worker))
  return results.filter(result => result !== undefined)
}

/** The apps that these are refreshed with, each once. */
function appsOf(candidates: readonly Candidate[]): readonly AppRef[] {
  const apps = candidates.map(({ account, header }) => ({
    marketplace: account.marketplace,
    app: appOf(header),
  }))
  return [...new Map(apps.map(each => [`${each.marketplace}:${each.app}`, each])).values()]
}

export interface Manner {
  readonly mode: RenewMode
  /** Whether the day's quota can keep an account from being asked about. */
  readonly rationed: boolean
}

/**
 * How one account comes out; undefined where nothing is to be done. What stands in the way before there is a plan (a
 * marketplace nobody knows) fails this one only.
 */
export async function renewCandidate(
  candidate: Candidate,
  manner: Manner,
  ports: RenewalPorts,
): Promise<RenewResult | undefined> {
  try {
    return await renewPlanned(candidate, manner, ports)
  } catch (error) {
    const { account, header } = candidate
    return { account, outcome: 'failed', error: asTokenctlError(error), header, assessment: null }
  }
}

async function renewPlanned(
  candidate: Candidate,
  { mode, rationed }: Manner,
  ports: RenewalPorts,
): Promise<RenewResult | undefined> {
  const { account, header } = candidate
  const adapter = ports.adapterOf(account.marketplace)
  const policy = ports.policyOf(adapter)
  const now = ports.clock.now()
  const plan = planFor(header, mode, adapter, policy, now)
  if (plan === 'leave') return undefined
  const assessment = assess(header, adapter, policy, now)
  if (plan === 'needs-person') return { account, outcome: 'needs-person', error: null, header, assessment }
  if (plan === 'backing-off') return backingOff({ account, header, assessment }, now)
  if (plan === 'answer-lost') return waitingOut({ account, header, assessment })
  const spent = rationed ? quotaSpent(candidate, adapter, ports) : undefined
  if (spent !== undefined) return { account, outcome: 'failed', error: spent, header, assessment }
  return renewOne(account, header, mode, ports)
}
