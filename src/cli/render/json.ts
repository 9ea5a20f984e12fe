/** A value as one JSON document for programs, whose strings cannot harm a screen they are shown on either. */
import { safeText } from './safe-text.ts'

/** The JSON with a newline at its end. Inside JSON `\u001b` is the character itself again, so nothing is changed. */
export function renderJson(value: unknown): string {
  return `${safeText(JSON.stringify(value, null, 2))}\n`
}
