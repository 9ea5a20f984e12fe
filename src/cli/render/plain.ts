/** Tab-separated columns for scripts: one header line, never wrapped, never coloured. */
import { safeLine } from './safe-text.ts'

/** The rows as lines; tabs and newlines inside a cell are spaces. */
export function renderPlain(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, ...rows].map(plainLine).join('')
}

/** One of those lines. */
export function plainLine(cells: readonly string[]): string {
  return `${cells.map(safeLine).join('\t')}\n`
}
