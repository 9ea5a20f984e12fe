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
  const { within, states, tags, sort } = filter
  const until = within === undefined ? null : addDuration(now, within)
  const tagged = found.accounts.filter(({ header }) => tags.every(tag => hasTag(header.tags, tag)))
  const inState = tagged.filter(({ assessment: { state } }) => states.length === 0 || states.includes(state))
  const accounts =
    only === undefined
      ? inState.filter(account => until === null || isWithin(account, until))
      : tagged.filter(({ header }) => only.includes(header.account))
  const users = only === undefined ? inState : accounts
  const ofThese = tags.length + states.length === 0 ? found.apps : found.apps.filter(isUsedBy(users))
  const apps = ofThese.filter(
    ({ assessment: { endsAt } }) => until === null || (endsAt !== null && endsAt <= until),
  )
  return {
    accounts: sorted(accounts, sort),
    apps,
    leftOut: tagged.length - accounts.length,
    isFiltered: until !== null || states.length + tags.length > 0,
    isSorted: sort !== undefined,
  }
}

/** Dates say nothing of an account that must be renewed already, for whatever reason. */
function isWithin(account: AssessedAccount, until: EpochMs): boolean {
  const { state } = account.assessment
  const isLate = state !== 'ok' && state !== 'expiring'
  return isLate || renewsWithin(account, { until }) || endsWithin(account, { until })
}

function isUsedBy(accounts: readonly AssessedAccount[]): (app: AssessedApp) => boolean {
  const used = new Set(accounts.map(({ header, adapter }) => `${adapter.id}:${header.app ?? ''}`))
  return ({ header: { marketplace, name } }) => used.has(`${marketplace}:${name}`)
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
      return byDate(accounts, ({ assessment }) => assessment.renewBy)
    case 'ends':
      return byDate(accounts, ({ assessment }) => assessment.ends?.at ?? null)
  }
}

function byDate(
  accounts: readonly AssessedAccount[],
  dateOf: (account: AssessedAccount) => EpochMs | null,
): readonly AssessedAccount[] {
  return [...accounts].sort((a, b) => {
    const [first, second] = [dateOf(a), dateOf(b)]
    if (first === null || second === null) return Number(first === null) - Number(second === null)
    return first - second
  })
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
