/**
 * Sentences for a person at a terminal, folded between words: a terminal breaks them in the middle of one. Never for
 * what is meant to be copied or read by a program.
 */
import type { Terminal } from '../../platform/terminal.ts'
import { cellWidth } from './cell-width.ts'

/** A command in backticks is one word: half of it on each line cannot be typed as it is shown. */
const WORDS = /`[^`]*`\S*|\S+/g

/** Wider than this nobody likes to read. */
const WIDEST = 100

/** The sentences on lines that fit the screen, each with its end; one line where there is no screen. */
export function folded(
  text: string,
  { columns, isInteractive, outIsTerminal }: Pick<Terminal, 'columns' | 'isInteractive' | 'outIsTerminal'>,
): string {
  if (!isInteractive || !outIsTerminal) return `${text}\n`
  const width = Math.min(columns, WIDEST)
  const lines: string[] = []
  for (const word of text.match(WORDS) ?? []) {
    const last = lines.at(-1)
    if (last !== undefined && cellWidth(last) + 1 + cellWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map(line => `${line}\n`).join('')
}
