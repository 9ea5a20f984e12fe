/**
 * Many deliveries, a few at a time. One account's failure stops no other; but a receiver that fails again and again in one
 * run is left alone for the rest of it, so that a hundred accounts do not wait half a minute each for the same machine.
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
/** One failure may be the account's; two in a row are the receiver's. */
const FAILURES_IN_A_ROW = 2

/** The results of all that were tried or held back, in the order of the candidates. */
export async function deliverAll(
  candidates: readonly DeliverCandidate[],
  { mode, stop, onDone }: DeliverAllOptions,
  ports: DeliverPorts,
): Promise<readonly DeliverResult[]> {
  const results: (DeliverResult | undefined)[] = candidates.map(() => undefined)
  const failures = new Map<string, number>()
  const waiting = candidates.entries()
  const worker = async () => {
    for (const [index, { account, header }] of waiting) {
      if (stop?.aborted === true) return
      const target = header.delivery?.target ?? ''
      const failed = failures.get(target) ?? 0
      const result =
        failed >= FAILURES_IN_A_ROW ? heldBack(account, header) : await deliverOne(account, mode, ports)
      if (result.outcome === 'delivered') failures.set(target, 0)
      if (result.outcome === 'failed' && result.error?.code === 'DELIVERY_FAILED')
        failures.set(target, (failures.get(target) ?? 0) + 1)
      results[index] = result
      onDone?.(result)
    }
  }
  await Promise.all(Array.from({ length: Math.min(candidates.length, AT_ONCE) }, worker))
  return results.filter(result => result !== undefined)
}

function heldBack(account: AccountRef, header: AccountHeader): DeliverResult {
  const target = header.delivery?.target ?? ''
  const error = new TokenctlError('DELIVERY_FAILED', `Not tried: ${target} has just failed for others.`, {
    account: formatAccount(account),
  })
  return { account, outcome: 'waiting', error, header }
}
