/** What was meant by a word that names no marketplace. */
import { distance } from 'fastest-levenshtein'

/** The nearest id, when at least half of it is what was typed: further away a guess only distracts. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const [best] = known.map(id => ({ id, edits: distance(typed, id) })).sort((a, b) => a.edits - b.edits)
  return best !== undefined && best.edits <= best.id.length / 2 ? best.id : undefined
}
