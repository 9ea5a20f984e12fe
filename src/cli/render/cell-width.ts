/**
 * How many columns a text takes on a screen: Chinese, Japanese and Korean characters and emoji take two. As
 * cli-table3 counts them (string-width 4), so that what is measured here fits what is drawn there; by itself, since
 * that costs a start more than it gives where every cell is plain ASCII.
 */

const ASCII = /^[\x20-\x7e]*$/

// East Asian Width W and F, as https://www.unicode.org/reports/tr11/ has them (checked 22 Nov 2026), and emoji. Made where it
// is needed: V8 looks into its tables of Unicode as soon as it reads such an expression.
const wideOnes = () =>
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3040-\u3247\u3250-\u4dbf\u4e00-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{1b000}\u{1b001}\u{1f200}-\u{1f251}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const COMBINING = /[\u0300-\u036f]/

/** The columns of one line of harmless text. */
export function cellWidth(text: string): number {
  if (ASCII.test(text)) return text.length
  const wide = wideOnes()
  let width = 0
  for (const character of text) if (!COMBINING.test(character)) width += wide.test(character) ? 2 : 1
  return width
}
