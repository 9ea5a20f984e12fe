/** A long name cut in its middle, since shops of one seller begin alike and end differently. */
import { cellWidth } from './cell-width.ts'

/** The text in at most so many columns, never cut inside a character. @param mark what stands for what was left out */
export function cutMiddle(text: string, columns: number, mark: string): string {
  if (cellWidth(text) <= columns) return text
  const room = Math.max(0, columns - cellWidth(mark))
  const characters = [...text]
  const tail = fitting(characters.toReversed(), Math.floor(room / 2)).reverse()
  const head = fitting(characters, room - cellWidth(tail.join('')))
  return columns < cellWidth(mark) ? '' : `${head.join('')}${mark}${tail.join('')}`
}

/** As many of the first characters as fit into so many columns. */
function fitting(characters: readonly string[], columns: number): string[] {
  const kept: string[] = []
  let width = 0
  for (const character of characters) {
    width += cellWidth(character)
    if (width > columns) break
    kept.push(character)
  }
  return kept
}
