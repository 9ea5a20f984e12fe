/**
 * Where a text stops being JSON. JSON.parse says it only now and then (V8 leaves the place out of "Unexpected token"),
 * and quotes the text around it, which may be a token: here is only the place, for the documents that people write.
 */

// One token at a time, from a given place on: RFC 8259 sections 2 to 7.
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y

type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end'

/**
 * The first name that an object has twice, and its place; undefined where none does. `JSON.parse` takes the last of
 * them without a word. For text that is JSON.
 */
export function memberTwice(text: string): { readonly name: string; readonly place: string } | undefined {
  const open: Names[] = []
  let isKey = false
  for (let at = 0; ; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (match === null) return undefined
    const [, sign, string] = match
    const name = isKey && string !== undefined ? String(JSON.parse(string)) : undefined
    if (name !== undefined && isTwice(name, open.at(-1))) return { name, place: place(text, at) ?? '' }
    nest(sign, open)
    isKey = sign === '{' || (sign === ',' && open.at(-1) !== null)
  }
}

/** The names of an object that is open; null for a list. */
type Names = Set<string> | null

function nest(sign: string | undefined, open: Names[]): void {
  if (sign === '{') open.push(new Set())
  if (sign === '[') open.push(null)
  if (sign === '}' || sign === ']') open.pop()
}

function isTwice(name: string, names: Names | undefined): boolean {
  if (names == null) return false
  const { size } = names
  return names.add(name).size === size
}

/**
 * The place where a text stops being JSON, such as `line 3, column 7`; `its end` where it only lacks what closes it;
 * undefined for JSON.
 */
export function jsonFault(text: string): string | undefined {
  const open: Open = []
  let wanted: Wanted = 'value'
  let at = 0
  for (;;) {
    if (open.length === 0 && wanted === ', or end') return place(text, at)
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (match === null) return place(text, at) ?? 'its end'
    const next = after(wanted, match, open)
    if (next === undefined) return place(text, at)
    wanted = next
    at = TOKEN.lastIndex
  }
}

type Open = ('{' | '[')[]

/** What may come after a token; undefined where the token may not stand. Keeps the list of what is open. */
function after(wanted: Wanted, [, sign, string]: RegExpExecArray, open: Open): Wanted | undefined {
  const takesValue = wanted === 'value' || wanted === 'value or ]'
  if (sign === '{' || sign === '[') return takesValue ? opened(sign, open) : undefined
  if (sign === '}' || sign === ']') return closed(sign, wanted, open)
  if (sign === ':') return wanted === ':' ? 'value' : undefined
  if (sign === ',') {
    if (wanted !== ', or end') return undefined
    return open.at(-1) === '{' ? 'key' : 'value'
  }
  if (takesValue) return ', or end'
  return string !== undefined && wanted.startsWith('key') ? ':' : undefined
}

function opened(sign: '{' | '[', open: Open): Wanted {
  open.push(sign)
  return sign === '{' ? 'key or }' : 'value or ]'
}

function closed(sign: '}' | ']', wanted: Wanted, open: Open): Wanted | undefined {
  const isEmpty = wanted === (sign === '}' ? 'key or }' : 'value or ]')
  if (open.at(-1) !== (sign === '}' ? '{' : '[') || !(isEmpty || wanted === ', or end')) return undefined
  open.pop()
  return ', or end'
}

/** `line 3, column 7` of the first character from `at` on that is no space; undefined where there is none. */
function place(text: string, at: number): string | undefined {
  const fault = text.slice(at).search(/[^ \t\n\r]/)
  if (fault === -1) return undefined
  const before = text.slice(0, at + fault).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}
