/**
 * Rows of cells on a screen: as a table where it fits, with fewer columns where it does not, as blocks of
 * `label: value` on a narrow one. No cell is ever broken over lines: a command that is cannot be copied whole.
 */
import type { Terminal } from '../../platform/terminal.ts'
import { cellWidth } from './cell-width.ts'
import { type Paint, painter } from './colour.ts'
import { safeLine } from './safe-text.ts'

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns that are left out first where there is no room, in this order. */
  readonly expendable: readonly string[]
  /** Colours one cell, by its column. */
  readonly paint?: (paint: Paint, cell: string, column: string) => string
}

/** Below this a table cannot be read however few columns it has. */
const NARROWEST_TABLE = 60
/** cli-table3 takes 25 ms for 200 rows and seconds for 10,000. */
const MOST_DRAWN_ROWS = 200
const GAP = '  '

/**
 * Prints a table on standard output. Cells may hold anything; they are made harmless here.
 *
 * @returns the columns that there was no room for.
 */
export async function renderTable(table: Table, terminal: Terminal): Promise<readonly string[]> {
  const safe = { ...table, rows: table.rows.map(row => row.map(safeLine)) }
  const paint = await painter(terminal.colour)
  // Nobody looks at a pipe's width: what reads it wants whole lines.
  const room = terminal.outIsTerminal ? terminal.columns : Number.POSITIVE_INFINITY
  const fitting = room < NARROWEST_TABLE ? undefined : withRoom(safe, room)
  if (fitting === undefined) {
    terminal.out(stacked(safe, paint, room))
    return []
  }
  // cli-table3 where somebody looks; a pipe, or more rows than a person reads, gets padded lines, 8 ms sooner.
  if (terminal.outIsTerminal && safe.rows.length <= MOST_DRAWN_ROWS) terminal.out(await drawn(fitting, paint))
  else stream(fitting, paint, terminal)
  return table.columns.filter(column => !fitting.columns.includes(column))
}

function widthsOf({ columns, rows }: Table): number[] {
  return columns.map((column, index) =>
    rows.reduce((widest, row) => Math.max(widest, cellWidth(row[index] ?? '')), cellWidth(column)),
  )
}

function widthOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1)
}

/** The table with as many columns as there is room for; undefined where even the fewest do not fit whole. */
function withRoom(table: Table, room: number): Table | undefined {
  for (let dropped = 0; dropped <= table.expendable.length; dropped += 1) {
    const narrower = without(table, table.expendable.slice(0, dropped))
    if (widthOf(widthsOf(narrower)) <= room) return narrower
  }
  return undefined
}

function without(table: Table, names: readonly string[]): Table {
  const kept = table.columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => !names.includes(column))
  return {
    ...table,
    columns: kept.map(({ column }) => column),
    rows: table.rows.map(row => kept.map(({ index }) => row[index] ?? '')),
  }
}

async function drawn(table: Table, paint: Paint): Promise<string> {
  const { default: CliTable } = await import('cli-table3')
  const none = Object.fromEntries(
    [
      'top',
      'top-mid',
      'top-left',
      'top-right',
      'bottom',
      'bottom-mid',
      'bottom-left',
      'bottom-right',
      'left',
      'left-mid',
      'mid',
      'mid-mid',
      'right',
      'right-mid',
    ].map(name => [name, '']),
  )
  const drawing = new CliTable({
    head: table.columns.map(column => paint(column, 'heading')),
    chars: { ...none, middle: GAP },
    // Without these it writes colours into pipes: it asks TERM, not whether there is a screen.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: widthsOf(table),
  })
  for (const row of table.rows) drawing.push(painted(table, row, paint))
  return `${drawing.toString().replace(/[^\S\n]+$/gm, '')}\n`
}

function painted({ columns, paint: paintCell }: Table, row: readonly string[], paint: Paint): string[] {
  return row.map((cell, index) => paintCell?.(paint, cell, columns[index] ?? '') ?? cell)
}

function stream(table: Table, paint: Paint, terminal: Terminal): void {
  const widths = widthsOf(table)
  const line = (cells: readonly string[], shown: readonly string[]) =>
    `${shown
      .map(
        (cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - cellWidth(cells[index] ?? ''))),
      )
      .join(GAP)
      .trimEnd()}\n`
  terminal.out(
    line(
      table.columns,
      table.columns.map(column => paint(column, 'heading')),
    ),
  )
  terminal.out(table.rows.map(row => line(row, painted(table, row, paint))).join(''))
}

/** One block a row, for screens of a phone's width. */
function stacked(table: Table, paint: Paint, room: number): string {
  const labels = table.columns.map(column => `${column}:`)
  const width = Math.max(...labels.map(label => label.length))
  const block = (row: readonly string[]) => {
    const cells = painted(table, row, paint)
    return row
      .map((cell, index) => {
        // A command broken by the screen's edge cannot be copied whole, so one that does not fit begins a line.
        const gap =
          width + 1 + cellWidth(cell) <= room ? ' '.repeat(width - (labels[index] ?? '').length + 1) : '\n  '
        return `${labels[index] ?? ''}${gap}${cells[index] ?? ''}`.trimEnd()
      })
      .map(line => `${line}\n`)
      .join('')
  }
  return table.rows.map(block).join('\n')
}
