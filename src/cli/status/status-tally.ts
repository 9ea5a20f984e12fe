/** How many accounts there are of each state and marketplace, and which of them to look at first. Pure. */
import { ACCOUNT_STATES, type AccountState } from '../../renewal/assess.ts'
import { deliveryState } from '../../renewal/delivery-state.ts'
import type { Sort } from '../filter.ts'
import { Foremost } from './place.ts'
import type { StatusFindings } from './status-findings.ts'
import { SCREENFUL } from './status-format.ts'
import type { AssessedAccount } from './status-report.ts'

/** The accounts of one marketplace. */
export interface Share {
  readonly title: string
  readonly states: Readonly<Record<AccountState, number>>
}

const none = () => Object.fromEntries(ACCOUNT_STATES.map(state => [state, 0])) as Record<AccountState, number>

export class StatusTally {
  readonly #shares = new Map<
    string,
    { readonly title: string; readonly states: Record<AccountState, number> }
  >()
  #total = 0

  take({ adapter, assessment: { state } }: AssessedAccount): void {
    const share = this.#shares.get(adapter.id) ?? { title: adapter.title, states: none() }
    this.#shares.set(adapter.id, share)
    share.states[state] += 1
    this.#total += 1
  }

  get total(): number {
    return this.#total
  }

  /** By the marketplace's word. */
  get shares(): ReadonlyMap<string, Share> {
    return this.#shares
  }

  /** Of all marketplaces. */
  states(): Record<AccountState, number> {
    const all = none()
    for (const { states } of this.#shares.values())
      for (const state of ACCOUNT_STATES) all[state] += states[state]
    return all
  }
}

/** What a screen shows of many accounts. */
export class Sights {
  readonly tally = new StatusTally()
  readonly #first: Foremost
  readonly #urgent: Foremost
  #attention = 0

  /** @param most how many of the foremost are wanted, whether or not they need attention */
  constructor(sort: Sort | undefined, most = SCREENFUL) {
    this.#first = new Foremost(most, sort)
    this.#urgent = new Foremost(SCREENFUL, sort)
  }

  take(account: AssessedAccount): void {
    this.tally.take(account)
    this.#first.take(account)
    if (!needsAttention(account)) return
    this.#attention += 1
    this.#urgent.take(account)
  }

  /** How many need somebody's attention. */
  get attention(): number {
    return this.#attention
  }

  /** The foremost. */
  first(): readonly AssessedAccount[] {
    return this.#first.accounts()
  }

  /** A screenful of those that need attention. */
  urgent(): readonly AssessedAccount[] {
    return this.#urgent.accounts()
  }
}

/** Whether there is anything to do or to know of an account. */
function needsAttention({ header, assessment: { state } }: AssessedAccount): boolean {
  const delivery = deliveryState(header)
  return state !== 'ok' || header.gap !== null || (delivery !== null && delivery !== 'delivered')
}

/** The sights of accounts that are in their order already. */
export function sightsOf({ accounts }: Pick<StatusFindings, 'accounts'>, sort: Sort | undefined): Sights {
  const sights = new Sights(sort)
  for (const account of accounts) sights.take(account)
  return sights
}
