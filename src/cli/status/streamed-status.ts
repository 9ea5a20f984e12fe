/**
 * `status` of more accounts than are held at once: the forms that are lines or rows, written a piece at a time. What a row
 * says is made where it is made for few accounts too; here rows are only put in order and poured out.
 */
import type { TokenctlError } from '../../errors.ts'
import { type EpochMs, toIso } from '../../tokens/time.ts'
import type { Exit } from '../exit.ts'
import type { Sort } from '../filter.ts'
import { presentProblem } from '../render/error.ts'
import { renderJson } from '../render/json.ts'
import { Pieces } from '../render/pieces.ts'
import { plainLine } from '../render/plain.ts'
import { presentNotes, presentStatus } from '../render/status.ts'
import { presentMany } from '../render/status-many.ts'
import { accountCells, DELIVERY_COLUMN, deliveryCell, STATUS_COLUMNS } from '../render/status-table.ts'
import type { SummaryLine } from '../shapes/status-lines-shape.ts'
import type { Door, World } from '../world.ts'
import { HeldRows, rowWith, valuesOf } from './held-rows.ts'
import { type Paging, pagingNote } from './paging.ts'
import { Foremost } from './place.ts'
import { type Horizon, judging } from './status-check.ts'
import { type FindOptions, findStatus } from './status-findings.ts'
import { MOST_ON_SCREEN } from './status-format.ts'
import { type AssessedAccount, accountRow, appRow, reportOf } from './status-report.ts'
import { type FoundBesides, pagedStream, type StreamOptions, wholeStream } from './status-stream.ts'
import { Sights, StatusTally } from './status-tally.ts'

/** The forms that need not hold all accounts. */
export type StreamedFormat = 'json' | 'jsonl' | 'plain' | 'table'

export interface StreamedOptions extends StreamOptions {
  readonly format: StreamedFormat
  /** The same request, for a store that gives everything at once. */
  readonly find: FindOptions
  readonly paging: Paging | undefined
  /** What a check judges by, at a time; undefined where nobody asked for one. */
  readonly horizonAt: ((now: EpochMs) => Horizon) | undefined
  /** What went wrong before anything was found. */
  readonly refused: readonly TokenctlError[]
  /** Where results go. */
  readonly shown: Pick<World, 'terminal' | 'settings'>
}

/** The accounts on their way to a form. */
interface Passing {
  readonly now: EpochMs
  readonly sort: Sort | undefined
  readonly paging: Paging | undefined
  readonly shown: StreamedOptions['shown']
  /** Whether the rest is looked at for its own sake, whoever reads. */
  readonly isCheck: boolean
  /** To be read to its end, once. */
  pages(): AsyncIterable<readonly AssessedAccount[]>
  /** What was found besides; after the last page. */
  besides(): FoundBesides
}

const FORMS: Readonly<Record<StreamedFormat, (passing: Passing) => Promise<void>>> = {
  json: printJson,
  jsonl: printLines,
  plain: printPlain,
  table: printTable,
}

/**
 * Finds, prints and judges.
 *
 * @returns the exit status; of what was seen, where the reader of the lines has left and nobody wants a check.
 */
export async function streamedStatus(options: StreamedOptions, world: World, door: Door): Promise<Exit> {
  const { refused, paging, shown } = options
  const opened = await door.read()
  const stream =
    opened.state === 'open' && opened.vault.hasPages && options.find.verify !== true
      ? await pagedStream(options, { vault: opened.vault, door }, world)
      : wholeStream(await findStatus(options.find, world))
  const judged = judging(options.horizonAt?.(stream.now))
  let total = 0
  let known: FoundBesides | undefined
  const besides = () => {
    known ??= noted(stream.besides())
    return known
  }
  const noted = (found: FoundBesides): FoundBesides => {
    const note = paging === undefined ? undefined : pagingNote(paging, total)
    const warnings = note === undefined ? found.warnings : [...found.warnings, note]
    return { ...found, warnings, problems: [...found.problems, ...refused] }
  }
  await FORMS[options.format]({
    now: stream.now,
    sort: options.filter?.sort,
    paging,
    shown,
    isCheck: options.horizonAt !== undefined,
    pages: async function* () {
      for await (const accounts of stream.pages()) {
        total += accounts.length
        for (const account of accounts) judged.take(account)
        yield accounts
      }
    },
    besides,
  })
  const found = besides()
  for (const problem of found.problems) presentProblem(problem, world.terminal)
  return judged.exit(found)
}

/** One JSON object a line, by name, as they are read; the last tells of all. */
async function printLines(passing: Passing): Promise<void> {
  const { now, paging, shown, isCheck } = passing
  const pieces = new Pieces(shown.terminal)
  const tally = new StatusTally()
  for await (const accounts of passing.pages()) {
    for (const account of accounts) {
      const at = tally.total
      tally.take(account)
      const isShown = paging === undefined || (at >= paging.first && at < paging.end)
      if (isShown) pieces.add(lineOf('account', accountRow(account, now)))
      if (pieces.isFull) await pieces.flush()
    }
    if (pieces.isLost && !isCheck) return
  }
  const found = passing.besides()
  for (const app of found.apps) pieces.add(lineOf('app', appRow(app)))
  pieces.add(lineOf('summary', summaryOf(tally, found)))
  await pieces.flush()
}

function lineOf(kind: 'account' | 'app' | 'summary', value: object): string {
  return `${JSON.stringify({ version: 1, kind, ...value })}\n`
}

function summaryOf(tally: StatusTally, found: FoundBesides): Omit<SummaryLine, 'version' | 'kind'> {
  const { store, notConnected, lastOpenedAt, warnings } = reportOf({ ...found, accounts: [] })
  return {
    now: toIso(found.now),
    store,
    accounts: tally.total,
    states: tally.states(),
    notConnected,
    lastOpenedAt,
    warnings,
  }
}

/** The document of `status --json`, whose rows are text as soon as they are read. */
async function printJson(passing: Passing): Promise<void> {
  const { now, sort, paging, shown } = passing
  const held = new HeldRows(sort)
  let names: readonly string[] | undefined
  for await (const accounts of passing.pages())
    for (const account of accounts) {
      const row = accountRow(account, now)
      names ??= Object.keys(row)
      held.add(account, valuesOf(row))
    }
  const document = renderJson(reportOf({ ...passing.besides(), accounts: [] }))
  const pieces = new Pieces(shown.terminal)
  const hole = document.indexOf(NO_ROWS)
  pieces.add(document.slice(0, hole))
  let before = '"accounts": [\n'
  for (const text of held.texts(paging?.first, paging?.end)) {
    pieces.add(before + rowWith(names ?? [], text))
    before = ',\n'
    if (pieces.isFull) await pieces.flush()
  }
  const isEmpty = before !== ',\n'
  pieces.add(isEmpty ? document.slice(hole) : `\n  ]${document.slice(hole + NO_ROWS.length)}`)
  await pieces.flush()
}

const NO_ROWS = '"accounts": []'

async function printPlain(passing: Passing): Promise<void> {
  const { sort, paging, shown } = passing
  const held = new HeldRows(sort)
  for await (const accounts of passing.pages())
    for (const account of accounts)
      held.add(account, plainLine([...accountCells(account), deliveryCell(account)]))
  const pieces = new Pieces(shown.terminal)
  pieces.add(plainLine([...STATUS_COLUMNS, DELIVERY_COLUMN]))
  for (const text of held.texts(paging?.first, paging?.end)) {
    pieces.add(text)
    if (pieces.isFull) await pieces.flush()
  }
  await pieces.flush()
  presentNotes(passing.besides(), held.count === 0, shown.terminal)
}

/** A table of a page or of few accounts, or the summary of many. */
async function printTable(passing: Passing): Promise<void> {
  const { sort, paging, shown } = passing
  const sights = new Sights(sort, MOST_ON_SCREEN)
  const foremost = paging === undefined ? undefined : new Foremost(paging.end, sort)
  for await (const accounts of passing.pages())
    for (const account of accounts) {
      sights.take(account)
      foremost?.take(account)
    }
  const found = passing.besides()
  if (foremost === undefined && sights.tally.total > MOST_ON_SCREEN)
    return await presentMany(sights, found, shown)
  const accounts = foremost?.accounts().slice(paging?.first) ?? sights.first()
  await presentStatus({ ...found, accounts }, false, shown, sights.tally.total === 0)
}
