/**
 * Rows that wait, as text, for the last account to be read, since the gravest comes first. They wait outside the heap: the
 * texts of 100,000 rows on it would let it grow to three times their length before it is looked through. Of a JSON row
 * only its values are kept: its names, which all rows share, are two thirds of it.
 */
import { compareDates, dateFor, type Sort } from '../filter.ts'
import type { AccountRow } from '../shapes/status-shape.ts'
import { gravityOf } from './status-findings.ts'
import type { AssessedAccount } from './status-report.ts'

/** In bytes: what is asked of the system at once. A longer row has one of its own. */
const CHUNK = 2 ** 20

/** What ends a name, which no account's has in it. */
const END_OF_NAME = 0

interface Row {
  readonly chunk: number
  readonly from: number
  readonly to: number
}

/** The rows of one output. */
export class HeldRows {
  readonly #sort: Sort | undefined
  readonly #chunks: Buffer[] = []
  /** The first free byte of the last chunk. */
  #free = CHUNK
  // Four lists of numbers: a hundred thousand objects would be five times as much.
  readonly #chunkOf: number[] = []
  readonly #from: number[] = []
  readonly #to: number[] = []
  readonly #gravity: number[] = []
  readonly #date: (number | null)[] = []
  #last = ''
  /** Whether they came by name, as a store gives them unless it looks for dates. */
  #isByName = true

  constructor(sort: Sort | undefined) {
    this.#sort = sort
  }

  get count(): number {
    return this.#from.length
  }

  add(account: AssessedAccount, text: string): void {
    const { account: name } = account.header
    this.#isByName &&= this.#last < name
    this.#last = name
    const whole = `${name}\0${text}`
    const bytes = Buffer.byteLength(whole)
    if (this.#free + bytes > CHUNK) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK, bytes)))
      this.#free = 0
    }
    this.#chunks.at(-1)?.write(whole, this.#free)
    this.#chunkOf.push(this.#chunks.length - 1)
    this.#from.push(this.#free)
    this.#free += bytes
    this.#to.push(this.#free)
    this.#gravity.push(gravityOf(account))
    this.#date.push(dateFor(account, this.#sort))
  }

  /** Their texts, in the order of the listing: from one place up to, and without, another. */
  *texts(first = 0, end = this.count): Generator<string, void, undefined> {
    const order = Uint32Array.from({ length: this.count }, (_, index) => index)
    order.sort((a, b) => this.#compare(a, b))
    for (const index of order.subarray(first, end)) {
      const { chunk, from, to } = this.#row(index)
      const start = (this.#chunks[chunk]?.indexOf(END_OF_NAME, from) ?? 0) + 1
      yield this.#chunks[chunk]?.toString('utf8', start, to) ?? ''
    }
  }

  /** As `comparePlaces` has it. */
  #compare(a: number, b: number): number {
    if (this.#sort === 'account') return this.#compareNames(a, b)
    return (
      compareDates(this.#date[a] ?? null, this.#date[b] ?? null) ||
      (this.#gravity[a] ?? 0) - (this.#gravity[b] ?? 0) ||
      this.#compareNames(a, b)
    )
  }

  #compareNames(a: number, b: number): number {
    if (this.#isByName) return a - b
    return this.#name(a) < this.#name(b) ? -1 : 1
  }

  #name(index: number): string {
    const { chunk, from } = this.#row(index)
    const bytes = this.#chunks[chunk]
    return bytes?.toString('latin1', from, bytes.indexOf(END_OF_NAME, from)) ?? ''
  }

  #row(index: number): Row {
    return {
      chunk: this.#chunkOf[index] ?? 0,
      from: this.#from[index] ?? 0,
      to: this.#to[index] ?? 0,
    }
  }
}

/** Never a part of JSON: what stands for it there is an escape. */
const BETWEEN = '\0'

/** What an array in arrays in an array begins and ends with, as JSON.stringify indents it. */
const DEPTH = { begin: '[\n  [\n    [\n      '.length, end: '\n    ]\n  ]\n]'.length }

/** The values of a row, as they stand in the document that `status --json` prints. */
export function valuesOf(row: AccountRow): string {
  const values: string[] = []
  for (const name in row) {
    const value = row[name as keyof AccountRow]
    values.push(typeof value === 'object' && value !== null ? indented(value) : JSON.stringify(value))
  }
  // Joined, and not added one to the other: such a text would hold on to its parts.
  return values.join(BETWEEN)
}

function indented(value: object): string {
  let text = ''
  for (const [name, each] of Object.entries(value)) {
    // Nearly all are flat, and are made in half of the time by hand.
    if (Array.isArray(value) || (typeof each === 'object' && each !== null)) return indentedByJson(value)
    text += `${text === '' ? '{' : ','}\n        ${JSON.stringify(name)}: ${JSON.stringify(each)}`
  }
  return text === '' ? indentedByJson(value) : `${text}\n      }`
}

function indentedByJson(value: object): string {
  return JSON.stringify([[[value]]], null, 2).slice(DEPTH.begin, -DEPTH.end)
}

/** The text of the row that such values are of, indented as in that document. @param names its fields, in their order */
export function rowWith(names: readonly string[], values: string): string {
  const parts = values.split(BETWEEN)
  let text = '    {'
  for (let at = 0; at < names.length; at++)
    text += `${at === 0 ? '' : ','}\n      "${names[at]}": ${parts[at]}`
  return `${text}\n    }`
}
