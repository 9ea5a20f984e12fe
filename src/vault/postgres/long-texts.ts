/**
 * Many long texts as one parameter. As the elements of an array each would be searched twice for what must be quoted and copied
 * once more, for megabytes of what never must. Pure.
 */

/** No text of ours has it: JSON writes it as an escape, and base64 has no such character. */
const BETWEEN = '\u001f'

/** The texts as one; none of them is empty. */
export function asOne(texts: readonly string[]): string {
  return texts.join(BETWEEN)
}

/** The array that a parameter of that kind stands for, as SQL. */
export function arrayFrom(parameter: string): string {
  return `string_to_array(${parameter}::text, E'\\x1f')`
}
