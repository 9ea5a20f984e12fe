/**
 * `tokenctl renew`: renews what is named, what is due, or what a person ticks. Unattended it never waits for an answer
 * (I6): it says what is needed and ends with 3.
 */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import { assess } from '../../renewal/assess.ts'
import type { RenewMode } from '../../renewal/plan.ts'
import type { RenewResult } from '../../renewal/ports.ts'
import { formatAccount } from '../../tokens/account.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { ChannelHeader } from '../../vault/channel-header.ts'
import type { Listing } from '../../vault/listings.ts'
import type { OpenedVault } from '../../vault/open.ts'
import type { Vault } from '../../vault/vault.ts'
import { deliverRenewed } from '../delivery/deliver-renewed.ts'
import { type Exit, gravest } from '../exit.ts'
import { listingFor, wantedOf } from '../finding.ts'
import type { HooksAndNotices } from '../notices/hooks-and-notices.ts'
import { presentProblem } from '../render/error.ts'
import { renderJson } from '../render/json.ts'
import { renewLines, renewReport } from '../render/renew.ts'
import { safeText } from '../render/safe-text.ts'
import { connectCommand } from '../render/words.ts'
import { helpPerson } from '../renewing/help-person.ts'
import { quotaNotes } from '../renewing/quotas.ts'
import { renewDryRun } from '../renewing/renew-dry-run.ts'
import { renewHeaders } from '../renewing/renewing.ts'
import { exitOf } from '../renewing/result-exit.ts'
import { rulesOf } from '../rules.ts'
import { withProof } from '../schedules/check-request.ts'
import { withRunNote } from '../schedules/run-note.ts'
import {
  accountOf,
  type FilterOptions,
  isFiltered,
  notConnected,
  refOf,
  select,
  type Unreadable,
} from '../selection.ts'
import type { World } from '../world.ts'

export interface RenewOptions extends FilterOptions {
  readonly accounts: readonly string[]
  readonly all?: boolean
  readonly due?: boolean
  readonly dryRun?: boolean
  readonly concurrency: string
  readonly json?: boolean
  /** False with `--no-notices`. */
  readonly notices?: boolean
  readonly strictHooks?: boolean
}

export async function renewRun(options: RenewOptions, world: World): Promise<Exit> {
  const concurrency = concurrencyOf(options.concurrency)
  const isWhole = options.accounts.length === 0 && !isFiltered(options)
  const isWholeRun = options.due === true && isWhole && options.dryRun !== true
  const work = () => renewAccounts(options, concurrency, world)
  return await withProof(isWholeRun, world, () => (isWholeRun ? withRunNote(world, work) : work()))
}

async function renewAccounts(options: RenewOptions, concurrency: number, world: World): Promise<Exit> {
  if (options.all === true && options.accounts.length > 0) {
    throw new TokenctlError('USAGE', '--all and named accounts exclude each other.', {
      fix: 'Leave one out.',
    })
  }
  if (isNothingNamed(options) && !world.terminal.isInteractive) throw nobodyToAsk()
  const shown = await shownAtOnce(options, world)
  if (shown !== undefined) return shown
  const found = await findWanted(options, world)
  if (found === undefined) return nothingThere(options, world)
  const { headers, damaged } = found
  if (headers.length + damaged.length === 0 && !(await isNothingDue(options, found)))
    return await nothingWanted(options, found, world)
  const mode = options.due === true ? 'due' : 'named'
  const chosen = isNothingNamed(options) && headers.length > 0 ? await ask(headers, world) : headers
  if (options.dryRun === true) {
    for (const { error } of damaged) if (error !== null) presentProblem(error, world.terminal)
    renewDryRun(chosen, { mode, json: options.json === true }, world)
    return gravest(damaged.map(exitOf))
  }
  const hooksAndNotices = await hooksAndNoticesOf(options, found, world)
  await hooksAndNotices?.before(chosen, mode)
  const run = await renewNow(
    { ...found, headers: chosen },
    { mode, concurrency, json: options.json === true },
    world,
  )
  return hooksAndNotices === undefined ? run.exit : await hooksAndNotices.after(run.results, run.exit)
}

/** Whether there are accounts all the same, of which a store that can choose has left none: not one of them is due. */
async function isNothingDue({ due }: RenewOptions, { leftOut, vault }: Wanted): Promise<boolean> {
  if (due !== true || leftOut !== null) return false
  for await (const { accounts, unreadable } of vault.pages({ kinds: ['account'], limit: 1 }))
    if (accounts.length + unreadable.length > 0) return true
  return false
}

async function nothingWanted(options: RenewOptions, found: Wanted, world: World): Promise<Exit> {
  // Hooks and channels hear of whole runs, and of what was done.
  if (found.leftOut !== null) return await nothingLeft(found.leftOut, options, world)
  const exit = nothingThere(options, world)
  // Of apps there may be something to tell, and the monitor waits for each run.
  const hooksAndNotices = options.dryRun === true ? undefined : await hooksAndNoticesOf(options, found, world)
  return hooksAndNotices === undefined ? exit : await hooksAndNotices.after([], exit)
}

/** What the words select, of a vault that is there. */
interface Wanted {
  readonly headers: readonly AccountHeader[]
  readonly damaged: readonly RenewResult[]
  /** How many were left out by their states and dates; null where there is no filter, or nothing to filter. */
  readonly leftOut: number | null
  readonly channels: readonly ChannelHeader[]
  readonly vault: Vault
}

/** The accounts that are wanted, readable or not; undefined where nothing was ever stored. */
async function findWanted(options: RenewOptions, world: World): Promise<Wanted | undefined> {
  const opened = await (await world.openVault('renew')).read()
  const listing = await listingMeant(options, opened, world)
  const { headers, missing } = select(
    options.accounts,
    listing.accounts,
    listing.unreadable,
    rulesOf(world.settings()).adapterOf,
  )
  const damaged = listing.unreadable.flatMap(record => unreadableResult(record, options))
  const [first] = missing.filter(id => !damaged.some(({ account }) => account.marketplace === id))
  if (first !== undefined) throw notConnected(first, connectCommand(first))
  const kept = await wantedOf(headers, options, world)
  return opened.state === 'empty'
    ? undefined
    : { ...kept, damaged, channels: listing.channels, vault: opened.vault }
}

/** The end of a dry run whose lines come as they are found; undefined where it is none. */
async function shownAtOnce(options: RenewOptions, world: World): Promise<Exit | undefined> {
  if (options.dryRun !== true || options.json === true || !isOfAllDue(options)) return undefined
  const opened = await (await world.openVault('renew')).read()
  if (opened.state === 'empty' || !opened.vault.hasPages) return undefined
  return await (await import('../renewing/due-dry-run.ts')).dueDryRun(opened.vault, world)
}

/** Whether all that is due is meant. */
function isOfAllDue(options: RenewOptions): boolean {
  return options.due === true && options.accounts.length === 0 && !isFiltered(options)
}

/** No more than what can be wanted, where the store can choose: a fleet has a million headers. */
async function listingMeant(options: RenewOptions, opened: OpenedVault, world: World): Promise<Listing> {
  const { accounts: words } = options
  if (opened.state === 'empty' || !isOfAllDue(options) || !opened.vault.hasPages)
    return await listingFor(words, opened)
  const { dueQuery } = await import('../renewing/due-query.ts')
  return await opened.vault.listingOf({ due: dueQuery(world) })
}

interface RenewNow {
  readonly mode: RenewMode
  readonly concurrency: number
  readonly json: boolean
}

/** Renews them, says each as it is done, and at a terminal offers the person what only a person can do. */
async function renewNow(
  wanted: Wanted,
  { mode, concurrency, json }: RenewNow,
  world: World,
): Promise<{ readonly exit: Exit; readonly results: readonly RenewResult[] }> {
  const { headers, damaged, vault } = wanted
  const onDone = json ? () => {} : (result: RenewResult) => world.terminal.out(renewLines(result, world))
  for (const result of damaged) onDone(result)
  if (!json && mode === 'named') announce(headers, world)
  const results = await renewHeaders(headers, { mode, concurrency, onDone }, vault, world)
  const { aborted } = world.signal
  const after = json || aborted ? results : await withPerson(results, vault, world)
  const all = [...damaged, ...after]
  if (json) world.terminal.out(renderJson(renewReport(all, world)))
  else if (all.length === 0 && !aborted) world.terminal.err('Nothing is due.\n')
  // Opening records is when a lost header is noticed; cron's mail is where it must be read.
  const notes = [...quotaNotes(headers, world), ...(await world.openVault('renew')).warnings()]
  for (const note of notes) world.terminal.err(`Note: ${safeText(note)}\n`)
  // After everything else: what becomes of it changes no renewal, and not how this run ends.
  await deliverRenewed({ headers, results: after, says: !json }, world)
  return { exit: aborted ? 130 : gravest(all.map(exitOf)), results: all }
}

/** What the run calls and tells outside; undefined, and nothing is loaded for it, where there is no hook and no channel. */
async function hooksAndNoticesOf(
  options: RenewOptions,
  { headers, channels, vault }: Wanted,
  world: World,
): Promise<HooksAndNotices | undefined> {
  const { due, notices, strictHooks } = options
  if (channels.length === 0 && !hasHooks(world)) return undefined
  const { isWithinCall } = await import('../notices/program-environment.ts')
  if (isWithinCall(world)) return undefined
  const { HooksAndNotices } = await import('../notices/hooks-and-notices.ts')
  // Without words all are meant.
  const words = isFiltered(options) ? headers.map(({ account }) => account) : options.accounts
  // At a terminal the person is there and reads what this run says, unless it is the scheduled run, tried by hand.
  const tells = notices !== false && (due === true || !world.terminal.isInteractive)
  return new HooksAndNotices({ vault, channels, words, tells, strictHooks: strictHooks === true }, world)
}

/** Also where they cannot be read: what is wrong with them is told. */
function hasHooks(world: World): boolean {
  try {
    return world.hookText() !== undefined
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return true
  }
}

/** The failure of an account whose record cannot be read, where it is one of those that were asked for. */
function unreadableResult(record: Unreadable, { accounts }: RenewOptions): readonly RenewResult[] {
  const account = accountOf(record)
  if (account === undefined) return []
  const isWanted =
    accounts.length === 0 ||
    accounts.some(word => [account.marketplace, formatAccount(account)].includes(word))
  return isWanted ? [{ account, outcome: 'failed', error: record.error, header: null, assessment: null }] : []
}

function concurrencyOf(text: string): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (number >= 1) return number
  throw new TokenctlError('USAGE', '--concurrency takes a whole number from 1 to 999.', {
    fix: 'For instance `--concurrency 4`.',
  })
}

function nobodyToAsk(): TokenctlError {
  return new TokenctlError(
    'ANSWER_MISSING',
    'Which accounts to renew was not said, and nobody is there to ask.',
    {
      fix: 'Name them (`tokenctl renew ebay`), or say `--all` or `--due`.',
    },
  )
}

function isNothingNamed(options: RenewOptions): boolean {
  const { accounts, all, due } = options
  return accounts.length === 0 && all !== true && due !== true && !isFiltered(options)
}

/** The options leave no account of those that there are. */
async function nothingLeft(leftOut: number, options: RenewOptions, world: World): Promise<Exit> {
  const { dryRun, json } = options
  const { nothingMatches } = await import('../filter.ts')
  nothingMatches(leftOut, world.terminal)
  if (json === true && dryRun === true) renewDryRun([], { mode: 'named', json: true }, world)
  else if (json === true) world.terminal.out(renderJson(renewReport([], world)))
  return 0
}

/** With nothing stored there is nothing due; but a renewal that was asked for by hand cannot be done. */
function nothingThere(options: RenewOptions, world: World): Exit {
  if (options.due !== true && options.all !== true) throw notConnected('marketplace', 'tokenctl status')
  if (options.json === true) world.terminal.out(renderJson(renewReport([], world)))
  else
    world.terminal.err(
      'No account is connected; nothing to renew. `tokenctl status` says how to connect one.\n',
    )
  return 0
}

/** Which accounts, asked of a person; those due are ticked. */
async function ask(headers: readonly AccountHeader[], world: World): Promise<readonly AccountHeader[]> {
  const prompt = await world.prompt()
  const rules = rulesOf(world.settings())
  const now = world.clock.now()
  const choices = headers.map(header => {
    const adapter = rules.adapterOf(refOf(header).marketplace)
    const { state } = assess(header, adapter, rules.policyOf(adapter), now)
    return { value: header.account, label: `${header.account} (${state})`, checked: state !== 'ok' }
  })
  const ticked = await prompt.choose('Which accounts shall be renewed?', choices, {
    insteadOf: 'an account, --all or --due',
  })
  return headers.filter(header => ticked.includes(header.account))
}

function announce(headers: readonly AccountHeader[], world: World): void {
  if (!world.terminal.isInteractive) return
  const names =
    headers.length > 5 ? `${headers.length} accounts` : headers.map(header => header.account).join(', ')
  world.terminal.err(`Asking the marketplace about ${names} …\n`)
}

/** At a terminal, where only a person can help, the person is there: each such account is offered at once. */
async function withPerson(
  results: readonly RenewResult[],
  vault: Vault,
  world: World,
): Promise<readonly RenewResult[]> {
  if (!world.terminal.isInteractive) return results
  const after: RenewResult[] = []
  for (const result of results) after.push((await helpPerson(result, vault, world)) ?? result)
  return after
}
