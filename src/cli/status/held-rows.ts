/**
 * Rows that wait, as text, for the last account to be read, since the gravest comes first. Of a JSON row only its values
 * are kept: its names, which all rows share, are two thirds of it.
 */
import type { Sort } from '../filter.ts'
import type { AccountRow } from '../shapes/status-shape.ts'
import { comparePlaces, type Place, placeIn } from './place.ts'
import type { AssessedAccount } from './status-report.ts'

interface Held extends Place {
  readonly text: string
}

/** The rows of one output. */
export class HeldRows {
  readonly #sort: Sort | undefined
  readonly #rows: Held[] = []

  constructor(sort: Sort | undefined) {
    this.#sort = sort
  }

  add(account: AssessedAccount, text: string): void {
    const { account: name, gravity, date } = placeIn(account, this.#sort)
    this.#rows.push({ account: name, gravity, date, text })
  }

  /** Their texts, in the order of the listing. */
  inOrder(): readonly { readonly text: string }[] {
    return this.#rows.sort((a, b) => comparePlaces(a, b, this.#sort))
  }
}

/** Never a part of JSON: what stands for it there is an escape. */
const BETWEEN = '\0'

/** What an array in arrays in an array begins and ends with, as JSON.stringify indents it. */
const DEPTH = { begin: '[\n  [\n    [\n      '.length, end: '\n    ]\n  ]\n]'.length }

/** The values of a row, as they stand in the document that `status --json` prints. */
export function valuesOf(row: AccountRow): string {
  // Joined, and not added one to the other: such a text would hold on to its parts.
  return Object.values(row)
    .map(value => (typeof value === 'object' && value !== null ? indented(value) : JSON.stringify(value)))
    .join(BETWEEN)
}

function indented(value: object): string {
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
