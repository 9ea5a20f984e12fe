/**
 * What is whole in a JSON text that broke off. An answer can be cut behind the one token that keeps a shop alive, and
 * TLS vouches for every byte that came: a member whose end was seen is as good as in a whole answer. A number at the
 * very end is not, since more digits may have been on their way.
 */

interface Place {
  readonly at: number
  /** What closes the containers that are open here, innermost first. */
  readonly closers: string
}

/** The text up to its last whole member, closed; undefined where there is none. */
export function completedJson(text: string): string | undefined {
  const { end, lastComma, inString } = scan(text)
  if (end.closers === '') return undefined
  const trimmed = text.trimEnd()
  const isWhole = !inString && /["}\]]$/.test(trimmed)
  const whole = isWhole ? parsing(trimmed + end.closers) : undefined
  return whole ?? (lastComma && parsing(text.slice(0, lastComma.at) + lastComma.closers))
}

function scan(text: string): {
  readonly end: Place
  readonly lastComma: Place | undefined
  readonly inString: boolean
} {
  let closers = ''
  let inString = false
  let lastComma: Place | undefined
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (inString) {
      // What is escaped is skipped, a quote above all.
      if (char === '\\') at += 1
      else if (char === '"') inString = false
    } else if (char === '"') inString = true
    else if (char === '{') closers = `}${closers}`
    else if (char === '[') closers = `]${closers}`
    else if (char === '}' || char === ']') closers = closers.slice(1)
    else if (char === ',') lastComma = { at, closers }
  }
  return { end: { at: text.length, closers }, lastComma, inString }
}

/** The text where it is JSON: `{"a":"b","c"` closed is none, since its last string was a name. */
function parsing(text: string): string | undefined {
  try {
    JSON.parse(text)
    return text
  } catch {
    // Not a text of whole members; there is nothing to tell of why.
    return undefined
  }
}
