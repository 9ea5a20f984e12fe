/**
 * A strict reader of Prometheus' text format: what a lenient one forgives (no HELP, a family in two places, a series
 * twice, an escape that is none, NaN, a last line without its end) is an error here.
 */

export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly help: string
  readonly type: string
  readonly series: readonly Series[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/

/** The metrics by their names, in their order. @throws on the first line that breaks the format. */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const reader = new Reader()
  for (const line of text.split('\n').slice(0, -1)) reader.take(line)
  for (const [name, { series }] of reader.families)
    if (series.length === 0) throw new Error(`${name} has no sample`)
  return reader.families
}

class Reader {
  readonly families = new Map<string, Family & { readonly series: Series[] }>()
  readonly #seen = new Set<string>()
  /** The family that the last HELP began, and its text until its TYPE has come. */
  #current: string | undefined
  #help: string | undefined

  take(line: string): void {
    if (/[\u0000-\u001f\u007f-\u009f]/.test(line)) throw fault('a control character', line)
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line)
    if (comment === null) this.#sample(line)
    else if (comment[1] === 'HELP') this.#begin(comment[2] ?? '', comment[3] ?? '', line)
    else this.#type(comment[2] ?? '', comment[3] ?? '', line)
  }

  #begin(name: string, help: string, line: string): void {
    if (!NAME.test(name)) throw fault('no name', line)
    if (this.families.has(name)) throw fault('a family in two places', line)
    this.#current = name
    this.#help = help
  }

  #type(name: string, type: string, line: string): void {
    const help = name === this.#current ? this.#help : undefined
    if (help === undefined) throw fault('TYPE without its HELP before it', line)
    if (!['counter', 'gauge', 'untyped'].includes(type)) throw fault('no type', line)
    this.families.set(name, { help, type, series: [] })
    this.#help = undefined
  }

  #sample(line: string): void {
    const sample = /^([^{\s]+)(?:\{(.*)\})? (-?\d+(?:\.\d+)?)$/.exec(line)
    if (sample === null) throw fault('no sample', line)
    const [, name = '', inside, value] = sample
    if (name !== this.#current || this.#help !== undefined) throw fault('a sample outside its family', line)
    const labels = inside === undefined ? {} : parseLabels(inside, line)
    const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`
    if (this.#seen.has(key)) throw fault('a series twice', line)
    this.#seen.add(key)
    this.families.get(name)?.series.push({ labels, value: Number(value) })
  }
}

function fault(what: string, line: string): Error {
  return new Error(`${what}: ${line}`)
}

function parseLabels(inside: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {}
  let rest = inside
  while (rest !== '') {
    const match = LABEL.exec(rest)
    if (match === null) throw fault('no label', line)
    const [whole, name = '', value = ''] = match
    if (name in labels) throw fault('a label twice', line)
    if (value === '') throw fault('an empty label', line)
    labels[name] = value.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character))
    rest = rest.slice(whole.length)
    if (rest === '' && whole.endsWith(',')) throw fault('a comma at the end', line)
  }
  return labels
}
