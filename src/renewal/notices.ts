/**
 * What is worth telling a person of an account or an app, once. Pure: how it stands now, and the marks of what was told
 * before, give the notices that are due. A notice is known by a key of facts (which end, which token, which renewal), not
 * by the day on which a run saw it, so that a clock that jumps, a run that is missed or one too many changes little.
 */
import { DAY, durationMs, type EpochMs, toIso } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { Assessment, SecretAssessment, Why } from './assess.ts'
import { deliveryState } from './delivery-state.ts'
import type { Policy } from './policy.ts'

/** Days before a consent's end at which it is told. Those before its warning time are left out. */
export const NOTICE_DAYS = [30, 14, 7, 1] as const

/** So many failures in a row with one code are told; one bad day is not. */
const FAILURES_TOLD = 5

/** How long a channel that did not take a notice, when another did, is tried again. */
const OWED_FOR_MS = 7 * DAY

export const NOTICE_EVENTS = ['ending', 'due', 'failed', 'undelivered', 'recovered', 'secret-ending'] as const
export type NoticeEvent = (typeof NOTICE_EVENTS)[number]

/** What is written down of hooks beside it: the calls that are still owed, by `renewal/hooks.ts`. */
export const HOOK_EVENTS = ['after-hook', 'failure-hook', 'recovery-hook'] as const
export type HookEvent = (typeof HOOK_EVENTS)[number]

/** How something stands that there may be a notice about. */
export type Standing =
  | {
      readonly kind: 'account'
      readonly header: AccountHeader
      readonly assessment: Assessment
      readonly policy: Pick<Policy, 'warning' | 'lifetime'>
    }
  /** An account whose record cannot be read, with the code of why. */
  | { readonly kind: 'unreadable'; readonly account: string; readonly code: string }
  /** An app by its two words, `amazon:default`. */
  | { readonly kind: 'app'; readonly app: string; readonly assessment: SecretAssessment }

/** What was told: by at least one channel. Or what hooks are to be called for. */
export interface Mark {
  readonly event: NoticeEvent | HookEvent
  readonly key: string
  /** The threshold that was told, in days before the end; null for what has none. */
  readonly days: number | null
  readonly at: EpochMs
  /** Channels that were to take it and did not, yet; of a hook's event the hooks that were not called for it, yet. */
  readonly owed: readonly string[]
}

/** One thing to tell. */
export interface Notice {
  readonly event: NoticeEvent
  readonly key: string
  readonly days: number | null
  readonly standing: Standing
  /** The channels that it is still owed to; null where nobody was told yet, so that it is for all. */
  readonly only: readonly string[] | null
}

/** The notices that are due, for what stands so and was told of so far. */
export function noticesOf(standing: Standing, marks: readonly Mark[], now: EpochMs): readonly Notice[] {
  return conditionsOf(standing, marks, now).flatMap(({ event, key, days }): readonly Notice[] => {
    const mark = marks.find(each => each.event === event && each.key === key && tells(each, days, now))
    if (mark === undefined) return [{ event, key, days, standing, only: null }]
    const isOwed = mark.owed.length > 0 && mark.days === days && Math.abs(now - mark.at) < OWED_FOR_MS
    return isOwed ? [{ event, key, days, standing, only: mark.owed }] : []
  })
}

/**
 * The marks after some channels took a notice, and others that were to take it did not. Without one that took it they
 * stay as they are: nobody was told.
 */
export function afterTelling(
  marks: readonly Mark[],
  { event, key, days }: Pick<Notice, 'event' | 'key' | 'days'>,
  { took, missed }: { readonly took: readonly string[]; readonly missed: readonly string[] },
  now: EpochMs,
): readonly Mark[] {
  const isSame = (mark: Mark) => mark.event === event && mark.key === key && mark.days === days
  const before = marks.find(isSame)
  if (took.length === 0) return marks
  const owed = [...new Set([...(before?.owed ?? []), ...missed])].filter(name => !took.includes(name))
  // When it was first told stays: the time in which it is owed to others counts from there.
  const at = before === undefined || isAhead(before.at, now) ? now : before.at
  return [
    ...marks.filter(mark => !isSame(mark) && !givesWay(mark, { event, key })),
    { event, key, days, at, owed },
  ]
}

/**
 * Whether a mark is of no more use once this was told. Failures stand until the recovery was told; what is due for one
 * reason stays told when another comes up and goes again.
 */
function givesWay(mark: Mark, { event, key }: Pick<Notice, 'event' | 'key'>): boolean {
  if (event === 'failed') return false
  if (event === 'due') return mark.event === event && firstWord(mark) === firstWord({ key })
  if (event !== 'recovered') return mark.event === event
  const kind = recoveryKind({ key })
  if (mark.event === 'recovered') return recoveryKind(mark) === kind
  return mark.event === (kind === 'delivery' ? 'undelivered' : 'failed')
}

/** Whether a mark says that a threshold was told: that one, or a nearer one. */
function tells(mark: Mark, days: number | null, now: EpochMs): boolean {
  if (days === null || mark.days === null) return true
  // What a clock that ran ahead had told of days still to come was not told.
  return mark.days <= days && !isAhead(mark.at, now)
}

function isAhead(at: EpochMs, now: EpochMs): boolean {
  return at > now + DAY
}

type Condition = Pick<Notice, 'event' | 'key' | 'days'>

function conditionsOf(standing: Standing, marks: readonly Mark[], now: EpochMs): readonly Condition[] {
  if (standing.kind === 'app') return secretEnding(standing.assessment)
  if (standing.kind === 'unreadable') return [failed(`unreadable ${standing.code}`)]
  const failures = failuresOf(standing.header, standing.assessment)
  const recovered = failures.length > 0 ? [] : recoveryOf(standing.header, marks)
  return [
    ...failures,
    ...recovered,
    ...deliveryOf(standing.header, marks),
    ...endingOf(standing, now),
    ...dueOf(standing),
  ]
}

function failed(key: string): Condition {
  return { event: 'failed', key, days: null }
}

/** Why an account counts as failed; `dead` and `unconfirmed` are of one token, and another begins anew. */
function failuresOf(header: AccountHeader, { state }: Assessment): readonly Condition[] {
  const { generation, failing } = header
  // That what is dead fails again and again is no news.
  if (state === 'rejected' || state === 'expired') return [failed(`dead ${generation}`)]
  return [
    ...(state === 'unconfirmed' ? [failed(`unconfirmed ${generation}`)] : []),
    ...(failing !== null && failing.count >= FAILURES_TOLD ? [failed(`failing ${failing.code}`)] : []),
  ]
}

/**
 * That an account works again: after a failure that was told, or where orders of a time may be missing that was not told
 * of. While anything still fails it does not work again.
 */
function recoveryOf({ failing, gap }: AccountHeader, marks: readonly Mark[]): readonly Condition[] {
  if (failing !== null) return []
  const told = toldRecovery(marks, 'account')
  const key = gap === null ? 'no gap' : `gap ${toIso(gap.to)}`
  // Where nobody acknowledges a gap, the recovery from another failure has the same one: it must not pass for told.
  const other = `${key} again`
  const isOpen = gap !== null && told !== key && told !== other
  if (isOpen || marks.some(({ event }) => event === 'failed'))
    return [{ event: 'recovered', key: told === key ? other : key, days: null }]
  return told === undefined ? [] : [{ event: 'recovered', key: told, days: null }]
}

/**
 * That what an account hands on does not arrive: at once where the receiver refused it, since nothing leaves until a person
 * acted, else once it failed as often as a renewal may. And that it arrives again, after that was told.
 */
function deliveryOf(header: AccountHeader, marks: readonly Mark[]): readonly Condition[] {
  const { delivery } = header
  const state = deliveryState(header)
  if (delivery === null || state === null) return []
  const { failing, deliveredAt } = delivery
  if (state === 'delivered') {
    const isNews = marks.some(({ event }) => event === 'undelivered')
    const key = isNews ? `delivered ${toIso(deliveredAt ?? 0)}` : toldRecovery(marks, 'delivery')
    return key === undefined ? [] : [{ event: 'recovered', key, days: null }]
  }
  if (failing === null || (state === 'pending' && failing.count < FAILURES_TOLD)) return []
  const how = state === 'failed' ? 'refused' : 'failing'
  return [{ event: 'undelivered', key: `${how} ${toIso(failing.since)}`, days: null }]
}

/** The key of the recovery that was told last. */
function toldRecovery(marks: readonly Mark[], kind: ReturnType<typeof recoveryKind>): string | undefined {
  return marks.find(mark => mark.event === 'recovered' && recoveryKind(mark) === kind)?.key
}

function endingOf(
  { header, assessment, policy }: Extract<Standing, { kind: 'account' }>,
  now: EpochMs,
): readonly Condition[] {
  const { ends, state, why } = assessment
  // An end that a refresh would settle is `due`, not `expiring`; one of an unconfirmed account may be known all the same.
  const isKnown =
    (state === 'expiring' && why === 'ends-soon') || (state === 'unconfirmed' && ends?.basis === 'reported')
  if (!isKnown || ends === null) return []
  const warning = warningBefore(header, ends.at, policy)
  const inWarning = NOTICE_DAYS.filter(days => days * DAY <= warning)
  const [last = 1] = NOTICE_DAYS.slice(-1)
  // A consent of two days is warned of at twelve hours: later than any threshold, and told all the same.
  const thresholds: readonly number[] = inWarning.length > 0 ? inWarning : [last]
  const days = thresholds.filter(each => now >= ends.at - Math.min(each * DAY, warning)).at(-1)
  return days === undefined ? [] : [{ event: 'ending', key: toIso(ends.at), days }]
}

/** How long before the end an account is `expiring`: the same as in `assess.ts`, held to it by a property. */
export function warningBefore(
  { consentAt }: Pick<AccountHeader, 'consentAt'>,
  endsAt: EpochMs,
  { warning, lifetime }: Pick<Policy, 'warning' | 'lifetime'>,
): number {
  const known = consentAt === null ? 0 : endsAt - consentAt
  const life = known > 0 ? known : durationMs(lifetime, endsAt)
  return Math.min(durationMs(warning, endsAt), life / 4)
}

/** An account that was due for one reason and is for another too is told of anew: it may be another's to mend. */
function dueOf({ header, assessment }: Extract<Standing, { kind: 'account' }>): readonly Condition[] {
  return assessment.state === 'due' ? [{ event: 'due', key: dueKey(header, assessment.why), days: null }] : []
}

function dueKey({ renewedAt, consentAt, accessExpiresAt, pendingAt }: AccountHeader, why: Why): string {
  const show = (at: EpochMs | null) => (at === null ? 'never' : toIso(at))
  if (why === 'access-ends') return `access ${show(accessExpiresAt)}`
  if (why === 'unproven') return `unproven ${show(pendingAt)}`
  if (why === 'date-ahead') return `date-ahead ${toIso(Math.max(renewedAt ?? 0, consentAt ?? 0))}`
  return `window ${show(renewedAt ?? consentAt)}`
}

function secretEnding({ warning, endsAt }: SecretAssessment): readonly Condition[] {
  return warning === null || endsAt === null
    ? []
    : [{ event: 'secret-ending', key: toIso(endsAt), days: warning }]
}

/** What of `failed` it is, for words: the first word of its key. */
export function failureKind(notice: Pick<Notice, 'key'>): 'dead' | 'unconfirmed' | 'failing' | 'unreadable' {
  const kind = firstWord(notice)
  return kind === 'unconfirmed' || kind === 'failing' || kind === 'unreadable' ? kind : 'dead'
}

/** What works again: the account, or that its tokens arrive where they are handed on to. */
export function recoveryKind(notice: Pick<Notice, 'key'>): 'account' | 'delivery' {
  return firstWord(notice) === 'delivered' ? 'delivery' : 'account'
}

function firstWord({ key }: Pick<Notice, 'key'>): string {
  return key.split(' ')[0] ?? ''
}
