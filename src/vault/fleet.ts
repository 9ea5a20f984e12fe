/**
 * What the machines of a fleet share besides records: who looks after which account now, and how many refreshes an app may
 * still send. Only a store that all of them reach has it. Claims are for the division of work alone: that no token is
 * presented twice rests on the locks (`SecretStore.lock`), so a claim may lapse, be lost, or be given twice without harm.
 */
import { type EpochMs, MINUTE, SECOND } from '../tokens/time.ts'
import type { DueBounds } from './header-query.ts'

/** A machine whose clock is further off the store's writes nothing there: its dates would be wrong for all others. */
export const MOST_SKEW_MS = 2 * MINUTE
/** From here on a person is told: clocks that are kept by the network agree far better. */
export const NOTED_SKEW_MS = 30 * SECOND

/** An app's day that is spread has so many parts, of which one may always be sent ahead: five minutes' worth. */
export const PARTS_OF_A_DAY = 288

/** What an app may send, over all machines. */
export interface Allowance {
  /** Whose: `ebay.default`, and in another environment `ebay.default.sandbox`. */
  readonly app: string
  /** Refreshes a day of UTC; null: no limit. */
  readonly perDay: number | null
  /** Refreshes a second; null: no limit. */
  readonly perSecond: number | null
  /** Whether those of a day are given out evenly over its hours, and not as soon as they are asked for. */
  readonly isSpread: boolean
}

/** Every call may throw VAULT_UNAVAILABLE or WRITE_FAILED. */
export interface Fleet {
  /**
   * Takes accounts that may need something (`DueBounds`: a superset), longest since their last renewal first, that nobody
   * else has taken; for a minute, or until `defer` says otherwise. Their keys.
   */
  claim(due: readonly DueBounds[], limit: number): Promise<readonly string[]>
  /** Leaves claimed accounts alone until then, for all machines; null: at once free again. */
  defer(keys: readonly string[], until: EpochMs | null): Promise<void>
  /** How many of so many refreshes the app may send now; they count as sent. */
  take(allowance: Allowance, wanted: number): Promise<number>
  /** Gives back refreshes that were taken and not sent. */
  giveBack(app: string, count: number): Promise<void>
  /** How many refreshes the app has sent in the day of the store's own clock. */
  sentToday(app: string): Promise<number>
  /** How far this machine's clock is ahead of the store's, in milliseconds; negative: behind. Half of the way there and back is in it. */
  clockSkewMs(): Promise<number>
}
