/**
 * Which hooks a run calls, and about which accounts. Pure. Hooks follow what a run does, and so may be called on every
 * day that it does it; only `on-recovery` is called once for each time in which an account was dead, by the first run
 * that sees it alive again, since it is mostly a person's login that brought it back.
 */
import { formatAccount } from '../tokens/account.ts'
import { toIso } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { Mark } from './notices.ts'
import type { RenewResult } from './ports.ts'

/** When a hook is called; the words that are typed. */
export const HOOK_TIMES = ['before', 'after', 'on-failure', 'on-recovery'] as const
export type HookTime = (typeof HOOK_TIMES)[number]

/** One call about one account. */
export interface HookCall {
  readonly when: Exclude<HookTime, 'before'>
  readonly account: string
  /** Null where its record cannot be read. */
  readonly header: AccountHeader | null
  /** What the run did; null for an account that it only saw. */
  readonly result: RenewResult | null
}

/**
 * The calls after a run: `after` for each account that was renewed (or, on Amazon, proved), `on-failure` for each whose
 * renewal failed now and was not merely put off, in the order of the results.
 */
export function callsAfter(results: readonly RenewResult[]): readonly HookCall[] {
  return results.flatMap((result): readonly HookCall[] => {
    const { outcome, account, header, waitsUntil } = result
    const call = { account: formatAccount(account), header, result }
    if (outcome === 'renewed' || outcome === 'proved') return [{ when: 'after', ...call }]
    return outcome === 'failed' && waitsUntil === undefined ? [{ when: 'on-failure', ...call }] : []
  })
}

/** The key of a gap that a hook was called for. */
export function recoveryKey({ gap }: Pick<AccountHeader, 'gap'>): string | null {
  return gap === null ? null : toIso(gap.to)
}

/** The calls for accounts that are alive again after a gap that no hook was called for; `marksOf` by account. */
export function recoveriesOf(
  headers: readonly AccountHeader[],
  results: readonly RenewResult[],
  marksOf: (account: string) => readonly Mark[],
): readonly HookCall[] {
  return headers.flatMap((header): readonly HookCall[] => {
    const key = recoveryKey(header)
    const isAlive = header.refused === null
    const wasCalled = marksOf(header.account).some(mark => mark.event === 'recovery-hook' && mark.key === key)
    if (key === null || !isAlive || wasCalled) return []
    const result = results.find(({ account }) => formatAccount(account) === header.account) ?? null
    return [{ when: 'on-recovery', account: header.account, header, result }]
  })
}
