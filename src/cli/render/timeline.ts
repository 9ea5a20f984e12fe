/**
 * `status --timeline`: a year of both clocks of every account, drawn with characters; what is not connected, apps,
 * warnings and the foot below it are those of the table. Every sign that was drawn is explained below the rows.
 */
import type { StatusFindings } from '../status/status-findings.ts'
import { nextOf } from '../status/status-report.ts'
import { accountTrack, appTrack, type TimeLine, type Track, timeLineAt } from '../status/timeline.ts'
import { inOrder } from '../status/urgency.ts'
import type { World } from '../world.ts'
import { cellWidth } from './cell-width.ts'
import { type Paint, painter } from './colour.ts'
import { cutMiddle } from './cut-middle.ts'
import { showDay } from './dates.ts'
import type { Glyphs } from './glyphs.ts'
import { safeLine } from './safe-text.ts'
import { presentNotes, presentRest } from './status.ts'
import { axisCells, trackCells } from './timeline-cells.ts'

/** Below this a name, a state and a line do not fit beside each other: the line stands below the two. */
const NARROWEST_ROW = 60
const GAP = '  '
/** A year in more columns than this says no more. */
const WIDEST = 160
/** The least that a line is drawn in, on however narrow a screen. */
const FEWEST_CELLS = 14

interface Row {
  readonly track: Track
  readonly name: string
  readonly command: string | null
}

interface Layout {
  readonly line: TimeLine
  readonly glyphs: Glyphs
  readonly nameWidth: number
  readonly stateWidth: number
  readonly cells: number
  /** Whether name, state and line stand in one row. */
  readonly isWide: boolean
}

/** Prints the line and what `status` prints below its table: results on standard output, the rest on standard error. */
export async function presentTimeline(
  findings: StatusFindings,
  glyphs: Glyphs,
  world: Pick<World, 'terminal' | 'settings'>,
  isNone = findings.accounts.length === 0,
): Promise<void> {
  const { terminal } = world
  const rows = rowsOf(findings, glyphs, Math.min(WIDEST, terminal.columns))
  if (rows.length > 0) {
    const layout = layoutOf(rows, timeLineAt(findings.now), glyphs, Math.min(WIDEST, terminal.columns))
    const paint = await painter(terminal.colour)
    const drawn = rows.map(row => trackCells(layout.line, row.track, layout.cells, glyphs))
    const lines = [
      ...axisLines(layout),
      ...rows.flatMap((row, index) => rowLines(row, drawn[index] ?? '', layout, paint)),
      '',
      ...legendLines(drawn.join(''), layout.line, glyphs, Math.min(WIDEST, terminal.columns)),
    ]
    terminal.out(lines.map(line => `${line.trimEnd()}\n`).join(''))
  }
  if (rows.length > 0 && findings.notConnected.length > 0) terminal.out('\n')
  presentRest(findings, world, isNone)
  presentNotes(findings, isNone, terminal)
}

function rowsOf(findings: StatusFindings, { cut }: Glyphs, columns: number): Row[] {
  const widest = columns < NARROWEST_ROW ? columns - GAP.length - 'unconfirmed'.length : columns * 0.3
  const named = (track: Track) => cutMiddle(safeLine(track.name), Math.max(8, Math.floor(widest)), cut)
  const accounts = inOrder(findings).map(account => {
    const track = accountTrack(account, findings.now)
    return { track, name: named(track), command: nextOf(account, findings.now).command }
  })
  // What to type for an app is said in words below the line.
  const apps = findings.apps.flatMap(app => appTrack(app) ?? [])
  return [...accounts, ...apps.map(track => ({ track, name: named(track), command: null }))]
}

function layoutOf(rows: readonly Row[], line: TimeLine, glyphs: Glyphs, columns: number): Layout {
  const widest = (of: (row: Row) => string) =>
    rows.reduce((width, row) => Math.max(width, cellWidth(of(row))), 0)
  const nameWidth = widest(row => row.name)
  const stateWidth = widest(row => row.track.state)
  const isWide = columns >= NARROWEST_ROW
  const beside = nameWidth + stateWidth + 2 * GAP.length
  const cells = Math.max(FEWEST_CELLS, isWide ? columns - beside : columns)
  return { line, glyphs, nameWidth, stateWidth, cells, isWide }
}

function axisLines({ line, glyphs, nameWidth, stateWidth, cells, isWide }: Layout): string[] {
  const before = isWide ? ' '.repeat(nameWidth + stateWidth + 2 * GAP.length) : ''
  return axisCells(line, cells, glyphs).map(each => before + each)
}

/** A row, with what to type below it: alone on its line, so that it can be copied whole. */
function rowLines({ track, name, command }: Row, drawn: string, layout: Layout, paint: Paint): string[] {
  const padded = name + ' '.repeat(Math.max(0, layout.nameWidth - cellWidth(name)))
  const { state } = track
  const line = paint(drawn.trimEnd(), state)
  const typed = command === null ? [] : [`${GAP}${command}`]
  const word = paint(state, state)
  if (!layout.isWide) return [`${padded}${GAP}${word}`, line, ...typed]
  const gap = ' '.repeat(layout.stateWidth - state.length)
  return [`${padded}${GAP}${word}${gap}${GAP}${line}`, ...typed]
}

/** What each sign means, of those that were drawn, in lines of the screen's width. */
function legendLines(drawn: string, { now }: TimeLine, glyphs: Glyphs, columns: number): string[] {
  const meanings: readonly (readonly [string, string])[] = [
    [glyphs.todayAbove, `${drawn.includes(glyphs.today) ? `${glyphs.today} ` : ''}today, ${showDay(now)}`],
    [glyphs.quiet, 'until Renew by'],
    [glyphs.life, 'alive'],
    [glyphs.renewBy, 'Renew by'],
    [glyphs.reportedEnd, 'ends'],
    [glyphs.estimatedEnd, 'ends, estimated'],
    [glyphs.earlier, 'earlier'],
    [glyphs.later, 'later'],
  ]
  const items = meanings.flatMap(([sign, words]) =>
    sign === glyphs.todayAbove || drawn.includes(sign) ? [`${sign} ${words}`] : [],
  )
  const lines: string[] = []
  for (const item of items) {
    const longer = lines.length === 0 ? item : `${lines.at(-1)}${GAP} ${item}`
    if (lines.length > 0 && cellWidth(longer) <= columns) lines[lines.length - 1] = longer
    else lines.push(item)
  }
  return lines
}
