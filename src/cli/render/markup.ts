/**
 * HTML from pieces. A text that stands in a template is escaped there, wherever it comes from and whether it lands
 * between tags or between an attribute's quotation marks; only what a template made goes in as it is. So nothing
 * hostile can come through that somebody forgot to escape. Values of attributes are always quoted in templates.
 */
import { safeLine } from './safe-text.ts'

/** A piece of HTML that needs no escaping any more. Made by `markup`, and by hand only of words of our own. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a template takes: text, pieces, lists of them, and null for nothing. */
export type Content = string | number | Markup | null | readonly Content[]

/** A piece of HTML: the template's own words as they are, everything in it escaped. */
export function markup(words: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let text = words[0] ?? ''
  for (const [index, content] of contents.entries()) text += textOf(content) + (words[index + 1] ?? '')
  return new Markup(text)
}

function textOf(content: Content): string {
  if (content === null) return ''
  if (content instanceof Markup) return content.text
  if (typeof content === 'string') return escaped(content)
  if (typeof content === 'number') return String(content)
  return content.map(textOf).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// Nearly every text is this: words of ours, names, dates, shares of a width.
const PLAIN = /^[\w .,:;%~+/()-]*$/

/** On one line, with what would harm a reader's eyes as its number, and nothing that means something to HTML. */
function escaped(text: string): string {
  if (PLAIN.test(text)) return text
  return safeLine(text).replace(/[&<>"']/g, character => ENTITIES[character] ?? '')
}
