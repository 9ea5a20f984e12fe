/** The vendors' daily quotas, counted in the state folder, and the notes on those that are nearly used up. */
import type { DailyCounts } from '../../platform/daily-counts.ts'
import type { Quota } from '../../renewal/ports.ts'
import { appOf, nextDay } from '../../renewal/ration.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { showTime } from '../render/dates.ts'
import { type MarketplaceRules, rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import type { World } from '../world.ts'

/** The share of a day's quota below which a person is told: enough for a day's refreshes of most, and still to be noticed. */
const SCARCE = 0.1

/** What an app's refreshes are counted under: the vendor's sandbox and a simulator have counts of their own. */
export function countName(marketplace: string, app: string, rules: MarketplaceRules): string {
  const { environment } = rules.destinationOf(rules.adapterOf(marketplace))
  return `${marketplace}.${app}${environment === 'production' ? '' : `.${environment}`}`
}

/** The quotas of these rules, over the counts of this user. Nothing is counted where a vendor names no number. */
export function quotaOf(rules: MarketplaceRules, counts: DailyCounts): Quota {
  const nameOf = (marketplace: string, app: string) => countName(marketplace, app, rules)
  const limitOf = (marketplace: string) => rules.adapterOf(marketplace).refreshesADay
  return {
    left(marketplace, app, now) {
      const limit = limitOf(marketplace)
      const used = limit === undefined ? null : counts.count(nameOf(marketplace, app), now)
      return limit === undefined || used === null ? null : Math.max(0, limit - used)
    },
    used(marketplace, app, now) {
      if (limitOf(marketplace) !== undefined) counts.add(nameOf(marketplace, app), now)
    },
  }
}

/** A note for each app of these accounts that has less than a tenth of today's refreshes left. */
export function quotaNotes(
  headers: readonly AccountHeader[],
  world: Pick<World, 'clock' | 'dailyCounts' | 'settings'>,
): string[] {
  const rules = rulesOf(world.settings())
  const now = world.clock.now()
  const apps = new Map<string, readonly [marketplace: string, app: string, limit: number]>()
  for (const header of headers) {
    const { marketplace } = refOf(header)
    const limit = header.holdsToken ? rules.adapterOf(marketplace).refreshesADay : undefined
    if (limit !== undefined) apps.set(`${marketplace}:${appOf(header)}`, [marketplace, appOf(header), limit])
  }
  if (apps.size === 0) return []
  const quota = quotaOf(rules, world.dailyCounts)
  return [...apps.values()].flatMap(([marketplace, app, limit]) => {
    const left = quota.left(marketplace, app, now)
    if (left === null || left >= limit * SCARCE) return []
    const { title } = rules.adapterOf(marketplace)
    return [
      `${title} app ${app}: ${numberOf(left)} of today's ${numberOf(limit)} refreshes are left; the count begins anew ${showTime(nextDay(now))}.`,
    ]
  })
}

/** `50,000` */
function numberOf(value: number): string {
  return value.toLocaleString('en')
}
