/**
 * Text from a vendor or a file, made harmless for a screen: what could move the cursor, write the clipboard, turn the
 * line around or hide inside it is shown as its number. Applied at the sink, so that no path goes around it.
 */

// Controls (C0, DEL, C1), format characters (turning marks, zero widths, tags), halves of pairs, the two separators
// that some terminals break lines at, and letters that draw nothing. Made where it is needed: V8 looks into its tables of
// Unicode as soon as it reads such an expression.
const harmful = () => /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

// Newline and tab are layout. The variation selectors choose between a letter's two looks: sellers' emoji need them.
const LAYOUT = /^(?:[\n\t]|[\ufe00-\ufe0f])$/

// Nearly every text is this, and needs no table of Unicode.
const HARMLESS = /^[\n\t\x20-\x7e]*$/

/** The text with every harmful character as `\u001b`, in JSON's own spelling. Newlines and tabs stay. */
export function safeText(text: string): string {
  return HARMLESS.test(text) ? text : text.replace(harmful(), escaped)
}

function escaped(character: string): string {
  if (LAYOUT.test(character)) return character
  return character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}

/** The same on one line: newlines and tabs are spaces. */
export function safeLine(text: string): string {
  return safeText(text.replace(/\r?[\n\t]+/g, ' '))
}
