/**
 * Which hooks a run calls, and about which accounts. Pure. Each thing that happened is written down as owed to its hooks
 * before any is called, and taken off just before its own call: a hook is called at most once for it, and what a run did
 * not come to (it was stopped, a hook before it hung) is called by the next. Only `on-recovery` follows what is seen
 * rather than what the run did, since it is mostly a person's login that brought an account back.
 */
import { formatAccount } from '../tokens/account.ts'
import { type EpochMs, toIso } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { HookEvent, Mark } from './notices.ts'
import type { RenewResult } from './ports.ts'

/** When a hook is called; the words that are typed. */
export const HOOK_TIMES = ['before', 'after', 'on-failure', 'on-recovery'] as const
export type HookTime = (typeof HOOK_TIMES)[number]

/** What a run did with an account, as far as hooks and notices tell of it. */
export interface Outcome {
  readonly outcome: RenewResult['outcome']
  readonly error: { readonly code: string } | null
}

/** One thing that happened to one account. */
export interface HookCall {
  readonly when: Exclude<HookTime, 'before'>
  readonly account: string
  /** Null where its record cannot be read. */
  readonly header: AccountHeader | null
  /** What the run did; null for an account that it only saw. */
  readonly result: Outcome | null
}

/** A thing that happened, and the hooks (by their ids) that are to be called for it. */
export interface OwedCalls extends HookCall {
  /** Tells it from another such thing of the same account. */
  readonly key: string
  readonly hooks: readonly number[]
}

/** What is known after a run. */
export interface AfterRun {
  readonly results: readonly RenewResult[]
  /** Every account that can be read, as it stands now. */
  readonly headers: readonly AccountHeader[]
  readonly marksOf: (account: string) => readonly Mark[]
  /** The ids of the hooks there are for a time, in their order. */
  readonly idsOf: (when: HookTime) => readonly number[]
}

/**
 * The calls that are to be made now: first those that earlier runs did not come to, then `after` for each account that
 * was renewed (or, on Amazon, proved) and `on-failure` for each whose renewal failed now and was not merely put off, in
 * the order of the results; then `on-recovery`.
 */
export function owedCalls(known: AfterRun, now: EpochMs): readonly OwedCalls[] {
  const mine = known.results.flatMap(result => ofResult(result, known, now))
  const isMine = new Set(mine.map(({ when, account }) => `${when} ${account}`))
  const earlier = known.headers.flatMap(header => leftOf(header, known))
  return [
    // A newer event of the same kind stands for the one before it.
    ...earlier.filter(({ when, account }) => !isMine.has(`${when} ${account}`)),
    ...mine,
    ...known.headers.flatMap(header => recoveryOf(header, known)),
  ].filter(({ hooks }) => hooks.length > 0)
}

const EVENT: Readonly<Record<HookCall['when'], HookEvent>> = {
  after: 'after-hook',
  'on-failure': 'failure-hook',
  'on-recovery': 'recovery-hook',
}

/** The account's marks with these calls written down as owed, in place of others of their kind. */
export function withOwed(
  marks: readonly Mark[],
  { when, key, hooks }: OwedCalls,
  now: EpochMs,
): readonly Mark[] {
  const event = EVENT[when]
  const owed = hooks.map(String)
  return [...marks.filter(mark => mark.event !== event), { event, key, days: null, at: now, owed }]
}

/** The account's marks as one hook is called; undefined where the call is not owed any more. */
export function withoutOwed(
  marks: readonly Mark[],
  { when, key }: Pick<OwedCalls, 'when' | 'key'>,
  hook: number,
): readonly Mark[] | undefined {
  const id = String(hook)
  const mark = marks.find(each => each.event === EVENT[when] && each.key === key && each.owed.includes(id))
  if (mark === undefined) return undefined
  const owed = mark.owed.filter(each => each !== id)
  // The gap stands until a person acknowledges it: that it was called for must be known as long.
  const isOver = owed.length === 0 && when !== 'on-recovery'
  return [...marks.filter(each => each !== mark), ...(isOver ? [] : [{ ...mark, owed }])]
}

function ofResult(result: RenewResult, { idsOf }: AfterRun, now: EpochMs): readonly OwedCalls[] {
  const { outcome, account, header, error, waitsUntil } = result
  const call = { account: formatAccount(account), header, result }
  if (outcome === 'renewed' || outcome === 'proved')
    return [{ when: 'after', ...call, key: `${outcome} ${toIso(now)}`, hooks: idsOf('after') }]
  if (outcome !== 'failed' || waitsUntil !== undefined) return []
  return [
    { when: 'on-failure', ...call, key: `${error?.code ?? ''} ${toIso(now)}`, hooks: idsOf('on-failure') },
  ]
}

/** What runs before this one did not come to, for an account. */
function leftOf(header: AccountHeader, { marksOf, idsOf }: AfterRun): readonly OwedCalls[] {
  return marksOf(header.account).flatMap(({ event, key, owed }): readonly OwedCalls[] => {
    if (event !== 'after-hook' && event !== 'failure-hook') return []
    const [word = ''] = key.split(' ')
    const when = event === 'after-hook' ? 'after' : 'on-failure'
    const result: Outcome =
      event === 'after-hook'
        ? { outcome: word === 'proved' ? 'proved' : 'renewed', error: null }
        : { outcome: 'failed', error: word === '' ? null : { code: word } }
    return [{ when, account: header.account, header, result, key, hooks: stillThere(owed, idsOf(when)) }]
  })
}

/** The call for an account that is alive again after a gap that not every hook was called for. */
function recoveryOf(header: AccountHeader, known: AfterRun): readonly OwedCalls[] {
  const { account, gap, refused } = header
  if (gap === null || refused !== null) return []
  const key = toIso(gap.to)
  const mark = known.marksOf(account).find(each => each.event === 'recovery-hook' && each.key === key)
  const ids = known.idsOf('on-recovery')
  const hooks = mark === undefined ? ids : stillThere(mark.owed, ids)
  const result = known.results.find(each => formatAccount(each.account) === account) ?? null
  return hooks.length === 0 ? [] : [{ when: 'on-recovery', account, header, result, key, hooks }]
}

/** Hooks that were removed since are owed nothing. */
function stillThere(owed: readonly string[], ids: readonly number[]): readonly number[] {
  return ids.filter(id => owed.includes(String(id)))
}
