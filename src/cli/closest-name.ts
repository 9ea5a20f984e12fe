/** What was meant by a name that is none: loaded when somebody typed one. */
import { closest } from 'fastest-levenshtein'

/** The known name that takes the fewest changes; an empty text where none is known. */
export function closestName(typed: string, known: readonly string[]): string {
  return known.length === 0 ? '' : closest(typed, known)
}
