/** One account's year as a row of characters, and the axis above all of them. Pure; colours and names are added later. */
import type { EpochMs } from '../../tokens/time.ts'
import { placeOn, type TimeLine, type Track } from '../status/timeline.ts'
import type { Glyphs } from './glyphs.ts'

export const MONTH_NAMES = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const

/** The cell of so many in which a point falls; the outermost for what lies outside. */
function cellOf(line: TimeLine, point: number, cells: number): number {
  return Math.min(cells - 1, Math.floor(placeOn(line, point).at * cells))
}

/** The row of one track, exactly `cells` characters long (at least 2), each a sign of `glyphs` or a space. */
export function trackCells(line: TimeLine, track: Track, cells: number, glyphs: Glyphs): string {
  const row = Array.from({ length: cells }, () => ' ')
  const draw = (stretch: Track['life'], sign: string) => {
    // What is over before the line begins, or begins after it, has no cell on it.
    if (stretch === null || stretch.to <= line.begin || stretch.from >= line.end) return
    row.fill(sign, cellOf(line, stretch.from, cells), cellOf(line, stretch.to, cells) + 1)
  }
  draw(track.life, glyphs.life)
  draw(track.quiet, glyphs.quiet)
  row[cellOf(line, line.now, cells)] = glyphs.today
  for (const { cell, sign } of marksOf(line, track, cells, glyphs)) row[cell] = sign
  return row.join('')
}

interface CellMark {
  readonly cell: number
  readonly sign: string
}

/** Both clocks, beside each other where they fall on one cell: neither may hide the other. */
function marksOf(line: TimeLine, track: Track, cells: number, glyphs: Glyphs): CellMark[] {
  const mark = (at: EpochMs, sign: string): CellMark => {
    const { where } = placeOn(line, at)
    const shown = where === 'before' ? glyphs.earlier : where === 'after' ? glyphs.later : sign
    return { cell: cellOf(line, at, cells), sign: shown }
  }
  const renewBy = track.renewBy === null ? undefined : mark(track.renewBy, glyphs.renewBy)
  const end =
    track.end === null
      ? undefined
      : mark(track.end, track.isEstimated ? glyphs.estimatedEnd : glyphs.reportedEnd)
  if (renewBy === undefined || end === undefined) return [renewBy ?? end].filter(each => each !== undefined)
  if (renewBy.cell !== end.cell || renewBy.sign === end.sign) return [renewBy, end]
  // Renew by comes first, but for the first cell, where there is nothing before it.
  return renewBy.cell > 0
    ? [{ ...renewBy, cell: renewBy.cell - 1 }, end]
    : [renewBy, { ...end, cell: end.cell + 1 }]
}

/** The two lines above the rows: months by name (a January by its year) as far as there is room, and where each begins. */
export function axisCells(line: TimeLine, cells: number, glyphs: Glyphs): readonly [string, string] {
  const ticks = Array.from({ length: cells }, () => glyphs.axis)
  for (const { begin } of line.months) ticks[cellOf(line, begin, cells)] = glyphs.month
  ticks[cellOf(line, line.now, cells)] = glyphs.todayAbove
  // Every month, or every second, third, sixth, counted from January: the first of these that is not crowded.
  for (const step of [1, 2, 3, 6]) {
    const names = namesRow(line, cells, step)
    if (names !== undefined) return [names, ticks.join('')]
  }
  return [namesRow(line, cells, 12) ?? ' '.repeat(cells), ticks.join('')]
}

/** The names of every so many months; undefined where two would touch. One that the end would cut is left out. */
function namesRow(line: TimeLine, cells: number, step: number): string | undefined {
  let row = ''
  for (const { begin, number, year } of line.months) {
    if (number % step !== 0) continue
    const name = number === 0 ? String(year) : (MONTH_NAMES[number] ?? '')
    const from = cellOf(line, begin, cells)
    if (row !== '' && from <= row.length) return undefined
    if (from + name.length <= cells) row = row.padEnd(from) + name
  }
  return row.padEnd(cells)
}
