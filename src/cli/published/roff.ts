/** Text as man(7) wants it: nothing in it can be taken for a request, an escape or a hyphen that breaks. Pure. */

/** What mandoc asks of a source; the formatter fills its lines anew. */
const WIDTH = 80

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
}

/** The text on one line, every character as itself. */
export function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/[\\\-'`^~"]|[^\x20-\x7e]/gu, character => ESCAPES[character] ?? unicode(character))
}

function unicode(character: string): string {
  const number = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `\\[u${number}]`
}

/** A paragraph in lines that the formatter fills; what stands in backticks is bold. */
export function filled(text: string): string {
  const lines: string[] = []
  for (const word of emphasized(text).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map(line => `${atStart(line)}\n`).join('')
}

/** Lines that stand as they are. */
export function asIs(text: string): string {
  const lines = text.replace(/\n+$/, '').split('\n')
  // Leading blanks are kept by a line that begins with something of no width.
  const kept = lines.map(line => (line === '' ? '\\&' : `\\&${escapedBlanks(line)}`))
  return `.nf\n${kept.join('\n')}\n.fi\n`
}

/** A heading of a section or a part of one. */
export function heading(macro: 'SH' | 'SS', text: string): string {
  return `.${macro} "${escaped(text)}"\n`
}

/** An entry of a list: what it is, and what that means. */
export function entry(term: string, text: string): string {
  return `.TP\n\\fB${escaped(term)}\\fR\n${text === '' ? '\\&\n' : filled(text)}`
}

/** Each line by itself, with its blanks. */
function escapedBlanks(line: string): string {
  return line
    .split(/( {2,})/)
    .map(part => (/^ {2,}$/.test(part) ? part : escaped(part)))
    .join('')
}

function emphasized(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map(part => (/^`[^`]+`$/.test(part) ? `\\fB${escaped(part.slice(1, -1))}\\fR` : escaped(part)))
    .join('')
}

/** A point at the start of a line would be a request; the other sign that begins one is an escape already. */
function atStart(line: string): string {
  return line.startsWith('.') ? `\\&${line}` : line
}
