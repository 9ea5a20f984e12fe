/**
 * Which of the accounts that the words name are meant: those that are due within a time, in a state, with a tag; and for
 * `status` in which order. Pure but for `narrowHeaders`, which reads the clock. Loaded only where such an option is given.
 */
import { TokenctlError } from '../errors.ts'
import { ACCOUNT_STATES, type AccountState } from '../renewal/assess.ts'
import { quoteTyped } from '../tokens/quote.ts'
import { hasTag, parseTag } from '../tokens/tags.ts'
import { addDuration, type Duration, type EpochMs } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { DueBounds, HeaderQuery } from '../vault/header-query.ts'
import { accountKey } from '../vault/records.ts'
import { rulesOf } from './rules.ts'
import type { FilterOptions } from './selection.ts'
import { endsWithin, renewsWithin, withinOf } from './status/status-check.ts'
import { type AssessedAccount, type AssessedApp, assessAccounts } from './status/status-report.ts'
import type { World } from './world.ts'

/** The orders that `status --sort` has. */
export const SORTS = ['account', 'state', 'renew-by', 'ends'] as const
export type Sort = (typeof SORTS)[number]

/** The options, checked. Undefined or empty: not asked for. */
export interface Filter {
  readonly within: Duration | undefined
  readonly states: readonly AccountState[]
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  readonly sort: Sort | undefined
}

export interface Found {
  readonly accounts: readonly AssessedAccount[]
  readonly apps: readonly AssessedApp[]
}

/** What the options made of what was found. */
export interface Narrowed extends Found {
  /** Accounts that have the tags, and that a state or a date left out. */
  readonly leftOut: number
  /** Whether accounts were to be left out at all; else they were only ordered. */
  readonly isFiltered: boolean
  readonly isSorted: boolean
}

/** What the options mean. @throws {USAGE} for a length, a state or a tag that is none */
export function filterOf(options: FilterOptions & { readonly sort?: Sort }): Filter {
  const { within, state, tag = [], sort } = options
  return {
    within: within === undefined ? undefined : withinOf(within, '--within'),
    states: state === undefined ? [] : state.split(',').map(stateOf),
    tags: tag.map(parseTag),
    sort,
  }
}

function stateOf(word: string): AccountState {
  const state = ACCOUNT_STATES.find(each => each === word.trim())
  if (state !== undefined) return state
  throw new TokenctlError('USAGE', `--state: ${quoteTyped(word)} is no state.`, {
    fix: `The states are: ${ACCOUNT_STATES.join(', ')}; write several as \`due,expired\`.`,
  })
}

/**
 * What was found, without what the filter leaves out. Apps are those of the accounts that tags and states leave, and of
 * them, with a time, those whose secret ends within it.
 *
 * @param now that of the assessments.
 * @param only the accounts that were chosen by their states and dates before; absent: those that they have now choose.
 */
export function narrow(found: Found, filter: Filter, now: EpochMs, only?: readonly string[]): Narrowed {
  const sieve = sieveOf(filter, now, only)
  return sieve.narrowed(sorted(found.accounts.filter(sieve.keeps), filter.sort), found.apps)
}

/** A filter that accounts go through one after the other, as they come. */
export interface Sieve {
  /** Whether an account stays; whoever is asked is counted. */
  keeps(account: AssessedAccount): boolean
  /** What it comes to when all accounts went through. */
  narrowed(accounts: readonly AssessedAccount[], apps: readonly AssessedApp[]): Narrowed
}

/** A new sieve; what it takes is as for `narrow`. */
export function sieveOf(filter: Filter, now: EpochMs, only?: readonly string[]): Sieve {
  const { within, states, tags, sort } = filter
  const until = within === undefined ? null : addDuration(now, within)
  const chosen = only === undefined ? undefined : new Set(only)
  const used = new Set<string>()
  let leftOut = 0
  const isInState = ({ assessment: { state } }: AssessedAccount) =>
    states.length === 0 || states.includes(state)
  return {
    keeps(account) {
      const { header, adapter } = account
      if (!tags.every(tag => hasTag(header.tags, tag))) return false
      const isUser = chosen === undefined ? isInState(account) : chosen.has(header.account)
      const stays = isUser && (chosen !== undefined || until === null || isWithin(account, until))
      if (isUser) used.add(`${adapter.id}:${header.app ?? ''}`)
      if (!stays) leftOut += 1
      return stays
    },
    narrowed(accounts, apps) {
      const ofThese =
        tags.length + states.length === 0
          ? apps
          : apps.filter(({ header: { marketplace, name } }) => used.has(`${marketplace}:${name}`))
      return {
        accounts,
        apps: ofThese.filter(
          ({ assessment: { endsAt } }) => until === null || (endsAt !== null && endsAt <= until),
        ),
        leftOut,
        isFiltered: until !== null || states.length + tags.length > 0,
        isSorted: sort !== undefined,
      }
    },
  }
}

/** Dates say nothing of an account that must be renewed already, for whatever reason. */
function isWithin(account: AssessedAccount, until: EpochMs): boolean {
  const { state } = account.assessment
  const isLate = state !== 'ok' && state !== 'expiring'
  return isLate || renewsWithin(account, { until }) || endsWithin(account, { until })
}

/**
 * What a store may choose by itself: a superset of what the filter leaves.
 *
 * @param dueAt bounds of every marketplace there may be, as of a point in time; a store that has them spares all accounts
 *   that need nothing then.
 * @param only as for `narrow`.
 */
export function queryFor(
  { within, states, tags }: Filter,
  now: EpochMs,
  dueAt: (at: EpochMs) => readonly DueBounds[],
  only?: readonly string[],
): Pick<HeaderQuery, 'keys' | 'tags' | 'due'> {
  const tagged = tags.length > 0 ? { tags } : {}
  if (only !== undefined) return { keys: only.map(accountKey), ...tagged }
  if (states.length > 0 && !states.includes('ok')) return { due: dueAt(now), ...tagged }
  // The apps of accounts that a time leaves out are shown where a tag or a state names them.
  if (within === undefined || states.length + tags.length > 0) return tagged
  // What a wrong clock dated is wrong by today's date.
  const aheads = new Map(dueAt(now).map(({ marketplace, ahead }) => [marketplace, ahead]))
  return {
    due: dueAt(addDuration(now, within)).map(each => ({
      ...each,
      ahead: aheads.get(each.marketplace) ?? each.ahead,
    })),
  }
}

/** The accounts in an order; what has no such date comes last, and equals stay as they were. */
function sorted(accounts: readonly AssessedAccount[], sort: Sort | undefined): readonly AssessedAccount[] {
  switch (sort) {
    case undefined:
    // The order in which they come.
    case 'state':
      return accounts
    case 'account':
      return [...accounts].sort((a, b) => (a.header.account < b.header.account ? -1 : 1))
    case 'renew-by':
    case 'ends':
      return [...accounts].sort((a, b) => compareDates(dateFor(a, sort), dateFor(b, sort)))
  }
}

/** The date that an order looks at; null where there is none, and for orders that look at none. */
export function dateFor({ assessment }: AssessedAccount, sort: Sort | undefined): EpochMs | null {
  if (sort === 'renew-by') return assessment.renewBy
  return sort === 'ends' ? (assessment.ends?.at ?? null) : null
}

/** Orders two such dates. */
export function compareDates(first: EpochMs | null, second: EpochMs | null): number {
  if (first === null || second === null) return Number(first === null) - Number(second === null)
  return first - second
}

export interface NarrowedHeaders {
  readonly headers: readonly AccountHeader[]
  /** As in `Narrowed`; null where nothing was filtered. */
  readonly leftOut: number | null
}

/** The same for a command that only acts on accounts, in the order of the listing. @throws {USAGE} as `filterOf` */
export function narrowHeaders(
  headers: readonly AccountHeader[],
  options: FilterOptions,
  world: Pick<World, 'clock' | 'settings'>,
): NarrowedHeaders {
  const filter = filterOf(options)
  if (headers.length === 0) return { headers, leftOut: null }
  const now = world.clock.now()
  const accounts = assessAccounts(headers, rulesOf(world.settings()), now)
  const narrowed = narrow({ accounts, apps: [] }, filter, now)
  return { headers: narrowed.accounts.map(({ header }) => header), leftOut: narrowed.leftOut }
}

/**
 * That nothing is to be done, where the options leave no account.
 *
 * @param leftOut how many of those with the tags a state or a time left out: where there are some, nothing is wrong.
 * @throws {ACCOUNT_UNKNOWN} for a tag that no account has, unattended as well: mistyped in a crontab, it would renew nobody
 *   for ever.
 */
export function nothingMatches(leftOut: number, { err }: Pick<World['terminal'], 'err'>): void {
  if (leftOut === 0)
    throw new TokenctlError(
      'ACCOUNT_UNKNOWN',
      'Nothing matches: no account that was asked for has these tags.',
      {
        fix: '`tokenctl accounts list` shows the tags there are.',
      },
    )
  err('Nothing matches.\n')
}
