/**
 * The accounts that a note of `status` may name, of any number that go by. They are few: strangers to the environment that is
 * spoken to, and one for each app that has a daily quota.
 */
import { appOf } from '../../renewal/ration.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Filter } from '../filter.ts'
import { quotaNotes } from '../renewing/quotas.ts'
import type { World } from '../world.ts'
import { environmentNotes, strangersBy } from './environment-notes.ts'
import { comparePlaces, type Place, placeIn } from './place.ts'
import type { AssessedAccount } from './status-report.ts'

interface Placed {
  readonly place: Place
  readonly header: AccountHeader
}

/** Takes accounts as they come, and keeps those. */
export class NotedAccounts {
  readonly #sort: Filter['sort']
  readonly #world: World
  readonly #isStranger: ReturnType<typeof strangersBy>
  readonly #strangers: Placed[] = []
  readonly #users = new Map<string, Placed>()

  constructor(sort: Filter['sort'], world: World) {
    this.#sort = sort
    this.#world = world
    this.#isStranger = strangersBy(world)
  }

  /** Looks at one, and keeps it where a note may name it. */
  take(account: AssessedAccount): void {
    const { header, adapter } = account
    if (this.#isStranger(header)) this.#strangers.push(this.#standing(account))
    if (adapter.refreshesADay === undefined || !header.holdsToken) return
    const app = `${adapter.id}:${appOf(header)}`
    const before = this.#users.get(app)
    const standing = this.#standing(account)
    if (before === undefined || comparePlaces(standing.place, before.place, this.#sort) < 0)
      this.#users.set(app, standing)
  }

  /** The notes, naming accounts in the order of the listing. */
  notes(): readonly string[] {
    return [
      ...environmentNotes(this.#ordered(this.#strangers), this.#world),
      ...quotaNotes(this.#ordered([...this.#users.values()]), this.#world),
    ]
  }

  #standing(account: AssessedAccount): Placed {
    return { header: account.header, place: placeIn(account, this.#sort) }
  }

  #ordered(standing: Placed[]): AccountHeader[] {
    return standing.sort((a, b) => comparePlaces(a.place, b.place, this.#sort)).map(({ header }) => header)
  }
}
