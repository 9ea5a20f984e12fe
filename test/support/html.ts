/**
 * A strict reader of the page of `status`: every tag closed in its order, every attribute quoted, no `<`, `>` or `&` that
 * is not an entity, every id there once and every reference to one answered. Where a browser mends, this throws.
 */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** Elements and texts, in their order; the entities of the texts are read. */
  readonly children: readonly (Element | string)[]
}

const TAG = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?: [a-zA-Z][a-zA-Z0-9-]*="[^"<>]*")*)(\/?)>/
const VOID = ['meta']
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
}
const DOCTYPE = '<!DOCTYPE html>\n'

interface Open {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: (Element | string)[]
}

/** The `html` element. @throws when anything is not as it must be. */
export function parsePage(page: string): Element {
  if (!page.startsWith(DOCTYPE) || !page.endsWith('</html>\n')) throw new Error('no whole document')
  const root: Open = { name: '', attributes: {}, children: [] }
  const open: Open[] = [root]
  let rest = page.slice(DOCTYPE.length, -1)
  while (rest !== '') {
    const current = open.at(-1) ?? root
    const end = current.name === 'style' ? rest.indexOf('</style>') : rest.indexOf('<')
    const text = rest.slice(0, end === -1 ? undefined : end)
    if (text !== '') current.children.push(current.name === 'style' ? text : read(text))
    rest = rest.slice(text.length)
    if (rest !== '') rest = rest.slice(takeTag(rest, open))
  }
  const [html] = root.children
  if (open.length !== 1 || root.children.length !== 1 || html === undefined || typeof html === 'string')
    throw new Error('a tag is not closed, or there is something beside the html element')
  checkIds(html)
  return html
}

/** Reads one tag at the begin of the text. @returns its length */
function takeTag(rest: string, open: Open[]): number {
  const [tag, slash, name = '', words = '', selfClosed] = TAG.exec(rest) ?? []
  if (tag === undefined) throw new Error(`no tag: ${rest.slice(0, 60)}`)
  if (slash === '/') {
    const closed = open.pop()
    if (closed?.name !== name) throw new Error(`</${name}> closes <${closed?.name}>`)
    return tag.length
  }
  const attributes: Record<string, string> = {}
  for (const [, key = '', value = ''] of words.matchAll(/ ([a-zA-Z][a-zA-Z0-9-]*)="([^"]*)"/g)) {
    if (key in attributes) throw new Error(`${key} twice in ${tag}`)
    attributes[key] = read(value)
  }
  const element: Open = { name, attributes, children: [] }
  open.at(-1)?.children.push(element)
  if (selfClosed !== '/' && !VOID.includes(name)) open.push(element)
  return tag.length
}

function read(text: string): string {
  if (text.includes('>')) throw new Error(`a bare > in ${text}`)
  return text.replace(/&([^;]*;)?/g, (entity, name: string | undefined) => {
    const character = ENTITIES[name?.slice(0, -1) ?? '']
    if (character === undefined) throw new Error(`${entity} is no entity of ours`)
    return character
  })
}

function checkIds(html: Element): void {
  const all = elements(html)
  const ids = all.flatMap(({ attributes }) => attributes['id'] ?? [])
  if (new Set(ids).size !== ids.length) throw new Error('an id twice')
  for (const { name, attributes } of all) {
    const labels = attributes['aria-labelledby']?.split(' ') ?? []
    const target = attributes['href']
    if (target !== undefined && !target.startsWith('#')) throw new Error(`${name} leads to ${target}`)
    for (const id of [...labels, ...(target === undefined ? [] : [target.slice(1)])])
      if (!ids.includes(id)) throw new Error(`there is no ${id}`)
  }
}

/** The element and all in it, in the order of the document; only those of that name where one is given. */
export function elements(element: Element, name?: string): Element[] {
  const inside = element.children.flatMap(child => (typeof child === 'string' ? [] : elements(child, name)))
  return name === undefined || element.name === name ? [element, ...inside] : inside
}

/** All its text. */
export function textOf(element: Element): string {
  return element.children.map(child => (typeof child === 'string' ? child : textOf(child))).join('')
}

/** What an element is made of, without its texts and the values of its attributes. */
export function skeletonOf({ name, attributes, children }: Element): string {
  const inside = children.map(child => (typeof child === 'string' ? '' : skeletonOf(child))).join('')
  return `<${[name, ...Object.keys(attributes)].join(' ')}>${inside}</>`
}
