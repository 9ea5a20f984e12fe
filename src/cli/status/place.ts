/** Where an account stands in the listing, kept apart from the account, so that rows can be ordered that are text already. Pure. */
import type { EpochMs } from '../../tokens/time.ts'
import { compareDates, dateFor, type Sort } from '../filter.ts'
import { gravityOf } from './status-findings.ts'
import type { AssessedAccount } from './status-report.ts'

export interface Place {
  readonly account: string
  readonly gravity: number
  /** Of an order by dates: the date. */
  readonly date: EpochMs | null
}

/** The place of an account in an order. */
export function placeIn(account: AssessedAccount, sort: Sort | undefined): Place {
  return { account: account.header.account, gravity: gravityOf(account), date: dateFor(account, sort) }
}

/** Compares two places of the same order. */
export function comparePlaces(a: Place, b: Place, sort: Sort | undefined): number {
  const byName = a.account < b.account ? -1 : 1
  if (sort === 'account') return byName
  return compareDates(a.date, b.date) || a.gravity - b.gravity || byName
}

/** The foremost few of any number of accounts: never many more than these are held. */
export class Foremost {
  readonly #most: number
  readonly #sort: Sort | undefined
  #held: { readonly place: Place; readonly account: AssessedAccount }[] = []

  constructor(most: number, sort: Sort | undefined) {
    this.#most = most
    this.#sort = sort
  }

  take(account: AssessedAccount): void {
    this.#held.push({ place: placeIn(account, this.#sort), account })
    if (this.#held.length >= this.#most * 2 + 1000) this.#cut()
  }

  /** Those that were foremost, in their order. */
  accounts(): AssessedAccount[] {
    this.#cut()
    return this.#held.map(({ account }) => account)
  }

  #cut(): void {
    this.#held.sort((a, b) => comparePlaces(a.place, b.place, this.#sort))
    this.#held.length = Math.min(this.#held.length, this.#most)
  }
}
