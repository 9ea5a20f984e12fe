/** What an app may send where the store is of one machine: by the counts that every run of this user adds to. */
import type { DailyCounts } from '../../platform/daily-counts.ts'
import type { Allowances } from '../../renewal/reservations.ts'
import { DAY, type EpochMs, SECOND } from '../../tokens/time.ts'
import { type Allowance, PARTS_OF_A_DAY } from '../../vault/fleet.ts'

/** So many refreshes can be sent at once where they are given out by the second: those of one second, and one at least. */
interface Bucket {
  /** Those that there are. */
  level: number
  at: EpochMs
}

/** The allowances of this process: what it took and has not sent is its own until it is given back. */
export function localAllowances(counts: DailyCounts, now: () => EpochMs): Allowances {
  const taken = new Map<string, number>()
  const buckets = new Map<string, Bucket>()
  const add = (app: string, count: number) => taken.set(app, Math.max(0, (taken.get(app) ?? 0) + count))

  return {
    async take(allowance, wanted) {
      const granted = Math.min(wanted, leftToday(allowance), leftThisSecond(allowance))
      const bucket = buckets.get(allowance.app)
      if (bucket !== undefined) bucket.level -= granted
      add(allowance.app, granted)
      return granted
    },
    async giveBack(app, count) {
      const bucket = buckets.get(app)
      if (bucket !== undefined) bucket.level += count
      add(app, -count)
    },
    sentToday: async app => counts.count(app, now()) ?? 0,
    sent(app) {
      add(app, -1)
      counts.add(app, now())
    },
  }

  function leftToday({ app, perDay, isSpread }: Allowance): number {
    // A count that cannot be told limits nobody.
    const sent = counts.count(app, now())
    if (perDay === null || sent === null) return Number.MAX_SAFE_INTEGER
    const even = Math.floor((perDay * (now() % DAY)) / DAY) + Math.ceil(perDay / PARTS_OF_A_DAY)
    const soFar = isSpread ? Math.min(perDay, even) : perDay
    return Math.max(0, soFar - sent - (taken.get(app) ?? 0))
  }

  function leftThisSecond({ app, perSecond }: Allowance): number {
    if (perSecond === null) return Number.MAX_SAFE_INTEGER
    const at = now()
    const most = Math.max(1, perSecond)
    const bucket = buckets.get(app) ?? { level: most, at }
    // A clock that was set back gives nothing, and takes nothing.
    bucket.level = Math.min(most, bucket.level + (Math.max(0, at - bucket.at) / SECOND) * perSecond)
    bucket.at = at
    buckets.set(app, bucket)
    return Math.floor(Math.max(0, bucket.level))
  }
}
