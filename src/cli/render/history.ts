/** The history for people: a table with local dates, newest last. */
import type { Terminal } from '../../platform/terminal.ts'
import { parseDate } from '../../tokens/time.ts'
import type { RecordedEvent } from '../shapes/history-shape.ts'
import { showTime } from './dates.ts'
import { renderTable } from './table.ts'

const COLUMNS = ['When', 'Account', 'What', 'Outcome', 'By', 'Run', 'Class', 'Request id']
/** The least telling first. */
const EXPENDABLE = ['Request id', 'Class', 'Run', 'By']
const NONE = '-'

/** Prints the events in the order given; what there was no room for is said on standard error. */
export async function presentHistory(events: readonly RecordedEvent[], terminal: Terminal): Promise<void> {
  const all = events.map(cells)
  // What went well has neither of the last two, and a column of dashes says nothing.
  const isSaid = COLUMNS.map((_, index) => all.some(row => row[index] !== NONE))
  const columns = COLUMNS.filter((_, index) => isSaid[index])
  const rows = all.map(row => row.filter((_, index) => isSaid[index]))
  const left = await renderTable({ columns, rows, expendable: EXPENDABLE }, terminal)
  if (left.length > 0)
    terminal.err(`Left out for want of room: ${left.join(', ')}. A wider window or \`--json\` shows them.\n`)
}

function cells(event: RecordedEvent): string[] {
  const at = parseDate(event.at)
  return [
    at === undefined ? event.at : showTime(at),
    event.subject,
    // An account keeps its marketplace, so the name alone says it, and leaves room at 80 columns.
    event.from === null ? event.action : `${event.action} of ${event.from.replace(/^.*:/, '')}`,
    event.code === null ? event.outcome : `${event.outcome} [${event.code}]`,
    event.by,
    event.run,
    event.class ?? NONE,
    event.requestId ?? NONE,
  ]
}
