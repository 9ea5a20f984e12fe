/** `tokenctl status`: what there is, when it ends, what to type next. Opens no secret unless it is asked to. */
import { TokenctlError } from '../../errors.ts'
import { addDuration, type EpochMs } from '../../tokens/time.ts'
import type { Exit } from '../exit.ts'
import type { Filter, Sort } from '../filter.ts'
import { renderJson } from '../render/json.ts'
import { safeText } from '../render/safe-text.ts'
import { rulesOf } from '../rules.ts'
import { type FilterOptions, isFiltered } from '../selection.ts'
import type { Paging, PagingOptions } from '../status/paging.ts'
import { exitOf, type Horizon, withinOf } from '../status/status-check.ts'
import type { ExportFindings } from '../status/status-exports.ts'
import { type FindOptions, findStatus } from '../status/status-findings.ts'
import {
  type FormatOptions,
  formatOf,
  MOST_ON_SCREEN,
  outputOf,
  type StatusFormat,
} from '../status/status-format.ts'
import { reportOf } from '../status/status-report.ts'
import type { StreamedFormat } from '../status/streamed-status.ts'
import type { Door, World } from '../world.ts'

export interface StatusOptions extends FormatOptions, FilterOptions, PagingOptions {
  readonly accounts: readonly string[]
  /** The file to write to, in place of standard output. */
  readonly output?: string
  readonly check?: boolean
  /** A length such as `14d`; a check, whether or not `check` is set. */
  readonly failWithin?: string
  readonly sort?: Sort
  readonly verify?: boolean
  readonly probe?: boolean
}

export async function statusRun(options: StatusOptions, world: World): Promise<Exit> {
  const format = formatOf(options)
  if (format === 'jsonl') refuseOrder(options.sort)
  const paging =
    options.limit === undefined && options.page === undefined
      ? undefined
      : (await import('../status/paging.ts')).pagingOf(options, format)
  const output = outputOf(options.output)
  const within = options.failWithin === undefined ? undefined : withinOf(options.failWithin)
  // The note on who opened records last names this command as it was typed.
  const flag = options.verify === true ? ' --verify' : options.probe === true ? ' --probe' : ''
  const door = await world.openVault(`status${flag}`)
  const { find, filter, only, probed } = await wantedOf(options, world)
  const refused = probed === null ? [] : await probe(probed, world)
  const { policyOf } = rulesOf(world.settings())
  const horizonAt = (now: EpochMs): Horizon => ({
    until: within === undefined ? null : addDuration(now, within),
    policyOf: ({ adapter }) => policyOf(adapter),
  })
  const page =
    output === undefined ? undefined : (await import('../status/page.ts')).blankPage(world.terminal)
  const shown = { terminal: page?.terminal ?? world.terminal, settings: () => world.settings() }
  const isCheck = options.check === true || within !== undefined
  const finish = async (exit: Exit) => {
    if (output !== undefined && page !== undefined) await world.publish(output, page.text())
    return exit
  }
  const isLong = paging !== undefined || shown.terminal.outIsTerminal
  if (format === 'jsonl' || (hasPieces(format, isLong) && find.verify !== true && (await hasPages(door)))) {
    const { streamedStatus } = await import('../status/streamed-status.ts')
    const streamed = { words: options.accounts, filter, only, format, find, paging, refused, shown }
    return finish(
      await streamedStatus({ ...streamed, horizonAt: isCheck ? horizonAt : undefined }, world, door),
    )
  }
  const found = await findStatus(find, world)
  const findings: ExportFindings = {
    ...found,
    problems: [...found.problems, ...refused],
    unreadable: found.problems.length,
  }
  const horizon = horizonAt(findings.now)
  const verdict = await present({ format, findings, horizon, paging, sort: options.sort, shown }, world)
  return finish(verdict ?? exitOf(findings, isCheck ? horizon : undefined))
}

/** @throws {USAGE} for an order that could be told only when all were read */
function refuseOrder(sort: Sort | undefined): void {
  if (sort === undefined || sort === 'account') return
  throw new TokenctlError('USAGE', `--format jsonl and --sort ${sort} exclude each other.`, {
    fix: 'Lines come as they are read, by name. Sort them afterwards, or use `--json`.',
  })
}

/** Whether a form can be printed without holding every account. A table for no screen is whole, and needs all its widths. */
function hasPieces(format: StatusFormat, isPart: boolean): format is StreamedFormat {
  return format === 'json' || format === 'plain' || (format === 'table' && isPart)
}

/** Whether the records come a page at a time. */
async function hasPages(door: Door): Promise<boolean> {
  const opened = await door.read()
  return opened.state === 'open' && opened.vault.hasPages
}

interface Wanted {
  readonly find: FindOptions
  /** What `find` narrows by. */
  readonly filter: Filter | undefined
  readonly only: readonly string[] | undefined
  /** Whom a probe asks; null asks nobody. */
  readonly probed: readonly string[] | null
}

/** What is to be found. A probe moves states and dates: whoever was chosen by them before it is shown after it. */
async function wantedOf(options: StatusOptions, world: World): Promise<Wanted> {
  const { accounts, verify = false, probe, sort } = options
  const probed = probe === true ? accounts : null
  if (!isFiltered(options) && sort === undefined)
    return { find: { accounts, verify }, filter: undefined, only: undefined, probed }
  const { filterOf, narrow } = await import('../filter.ts')
  const filter = filterOf(options)
  const by =
    (only?: readonly string[]): NonNullable<FindOptions['narrow']> =>
    (found, now) =>
      narrow(found, filter, now, only)
  if (probed === null || !isFiltered(options))
    return { find: { accounts, verify, narrow: by() }, filter, only: undefined, probed }
  const before = await findStatus({ accounts, narrow: by() }, world)
  const only = before.accounts.map(({ header }) => header.account)
  return {
    find: { accounts, verify, narrow: by(only) },
    filter,
    only,
    probed: only.length === 0 ? null : only,
  }
}

/** Asks every selected account's marketplace, but for what asking could harm. @returns what failed, naming the account. */
async function probe(accounts: readonly string[], world: World): Promise<TokenctlError[]> {
  const { renewSelected } = await import('../renewing/renewing.ts')
  const results = await renewSelected({ accounts, mode: 'probe', concurrency: 4 }, world)
  const headers = results.flatMap(({ header }) => header ?? [])
  await (await import('../delivery/deliver-renewed.ts')).deliverRenewed({ headers, says: false }, world)
  return results.flatMap(({ account, error }) =>
    error === null ? [] : [withAccount(error, `${account.marketplace}:${account.name}`)],
  )
}

function withAccount(error: TokenctlError, account: string): TokenctlError {
  if (error.account !== undefined || error.message.includes(account)) return error
  return new TokenctlError(error.code, `${account}: ${error.message}`, {
    account,
    fix: error.fix,
    cause: error,
  })
}

interface Presentation {
  readonly format: Exclude<StatusFormat, 'jsonl'>
  readonly findings: ExportFindings
  readonly horizon: Horizon
  readonly paging: Paging | undefined
  readonly sort: Sort | undefined
  /** Where results go: the screen, or the page of a file. */
  readonly shown: Pick<World, 'terminal' | 'settings'>
}

/** Prints the findings. @returns the exit status where the form has its own. */
async function present(what: Presentation, world: World): Promise<Exit | undefined> {
  const { format, horizon, paging, sort, shown } = what
  const isNone = what.findings.accounts.length === 0
  const findings =
    paging === undefined ? what.findings : (await import('../status/paging.ts')).pageOf(what.findings, paging)
  if (format === 'nagios') {
    const { nagiosVerdict } = await import('../render/nagios.ts')
    const verdict = nagiosVerdict(findings, horizon, rulesOf(world.settings()))
    shown.terminal.out(verdict.line)
    return verdict.exit
  }
  if (format === 'json') {
    shown.terminal.out(renderJson(reportOf(findings)))
  } else if (format === 'table' && paging === undefined && isMany(findings, shown.terminal)) {
    const { presentMany } = await import('../render/status-many.ts')
    const { sightsOf } = await import('../status/status-tally.ts')
    await presentMany(sightsOf(findings, sort), findings, shown)
  } else if (format === 'table' || format === 'plain') {
    const { presentStatus } = await import('../render/status.ts')
    await presentStatus(findings, format === 'plain', shown, isNone)
  } else if (format === 'timeline') {
    const { presentTimeline } = await import('../render/timeline.ts')
    const { glyphsFor } = await import('../render/glyphs.ts')
    await presentTimeline(findings, glyphsFor(world.env, world.files.platform), shown, isNone)
  } else {
    const { exportStatus } = await import('../status/status-exports.ts')
    shown.terminal.out(await exportStatus(format, findings, horizon, world))
    for (const warning of findings.warnings) world.terminal.err(`Note: ${safeText(warning)}\n`)
  }
  if (findings.problems.length === 0) return undefined
  const { presentProblem } = await import('../render/error.ts')
  for (const problem of findings.problems) presentProblem(problem, world.terminal)
  return undefined
}

function isMany({ accounts }: ExportFindings, { outIsTerminal }: World['terminal']): boolean {
  return outIsTerminal && accounts.length > MOST_ON_SCREEN
}
