/**
 * Text from a vendor or a file, made harmless for a screen: what could move the cursor, write the clipboard, turn the
 * line around or hide inside it is shown as its number. Applied at the sink, so that no path goes around it.
 */

// C0 but newline and tab, DEL, C1, and the marks that turn or hide text.
const HARMFUL =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

/** The text with every harmful character as `\u001b`. Newlines and tabs stay. */
export function safeText(text: string): string {
  return text.replace(HARMFUL, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same on one line: newlines and tabs are spaces. */
export function safeLine(text: string): string {
  return safeText(text.replace(/[\n\t]+/g, ' '))
}
