/**
 * Many deliveries, a few at a time. One account's failure stops no other; but where nobody watches, a receiver that fails
 * again and again in one run is left alone for the rest of it, so that a hundred accounts do not wait half a minute each for
 * the same machine. Many receivers may share one host or program: those that failed before come last, so that they hold
 * back none that would take its tokens.
 */
import { TokenctlError } from '../errors.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { type DeliverMode, type DeliverPorts, type DeliverResult, deliverOne } from './deliver.ts'

/** An account whose tokens are to be handed on. */
export interface DeliverCandidate {
  readonly account: AccountRef
  readonly header: AccountHeader
}

export interface DeliverAllOptions {
  readonly mode: DeliverMode
  /** Aborted when the person stops the run: what is open is finished, nothing else is begun. */
  readonly stop?: AbortSignal
  readonly onDone?: (result: DeliverResult) => void
}

/** A receiver is asked by few at once: it may be a shop's own small machine. */
const AT_ONCE = 4
/** One failure may be the account's; two in a row are the receiver's. What a person asked for is tried all the same. */
const FAILURES_IN_A_ROW = 2

/** The results of all that were tried or held back, in the order of the candidates. */
export async function deliverAll(
  candidates: readonly DeliverCandidate[],
  { mode, stop, onDone }: DeliverAllOptions,
  ports: DeliverPorts,
): Promise<readonly DeliverResult[]> {
  const results: (DeliverResult | undefined)[] = candidates.map(() => undefined)
  const failures = new Map<string, number>()
  const waiting = healthyFirst(candidates).values()
  const worker = async () => {
    for (const [index, { account, header }] of waiting) {
      if (stop?.aborted === true) return
      const target = header.delivery?.target ?? ''
      const failed = failures.get(target) ?? 0
      const result =
        mode === 'due' && failed >= FAILURES_IN_A_ROW
          ? heldBack(account, header)
          : await deliverOne(account, mode, ports)
      if (result.outcome === 'delivered') failures.set(target, 0)
      if (result.outcome === 'failed' && result.error?.code === 'DELIVERY_PENDING')
        failures.set(target, (failures.get(target) ?? 0) + 1)
      results[index] = result
      onDone?.(result)
    }
  }
  await Promise.all(Array.from({ length: Math.min(candidates.length, AT_ONCE) }, worker))
  return results.filter(result => result !== undefined)
}

/** With their places, those that failed least often first; among them the order is as it was. */
function healthyFirst(candidates: readonly DeliverCandidate[]): (readonly [number, DeliverCandidate])[] {
  const failedOf = ({ header }: DeliverCandidate) => header.delivery?.failing?.count ?? 0
  return [...candidates.entries()].sort(([, one], [, other]) => failedOf(one) - failedOf(other))
}

function heldBack(account: AccountRef, header: AccountHeader): DeliverResult {
  const target = header.delivery?.target ?? ''
  const error = new TokenctlError('DELIVERY_PENDING', `Not tried: ${target} has just failed for others.`, {
    account: formatAccount(account),
  })
  return { account, outcome: 'waiting', error, header }
}
