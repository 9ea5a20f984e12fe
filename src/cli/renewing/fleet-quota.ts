/** The vendors' daily quotas over all machines of a fleet, for runs that a person or a schedule starts: `renew`, `token`. */
import type { AppRef, Quota } from '../../renewal/ports.ts'
import type { Fleet } from '../../vault/fleet.ts'
import type { MarketplaceRules } from '../rules.ts'
import { countName } from './quotas.ts'

/** The quotas of these rules, counted where all machines of the fleet count. */
export function fleetQuota(rules: MarketplaceRules, fleet: Fleet): Quota {
  /** Sent today by everybody, as far as this run knows. */
  const sent = new Map<string, number>()
  const limitOf = (marketplace: string) => rules.adapterOf(marketplace).refreshesADay

  async function look({ marketplace, app }: AppRef): Promise<void> {
    try {
      if (limitOf(marketplace) === undefined) return
      const name = countName(marketplace, app, rules)
      sent.set(name, await fleet.sentToday(name))
    } catch {
      // A count that cannot be told limits nobody; what is wrong with the store or the marketplace is said by its own turn.
    }
  }

  async function count(name: string): Promise<void> {
    try {
      await fleet.take({ app: name, perDay: null, perSecond: null, isSpread: false }, 1)
    } catch {
      // A count is worth no renewal.
    }
  }

  return {
    look: async apps => {
      await Promise.all(apps.map(look))
    },
    left(marketplace, app) {
      const limit = limitOf(marketplace)
      const used = limit === undefined ? undefined : sent.get(countName(marketplace, app, rules))
      return limit === undefined || used === undefined ? null : Math.max(0, limit - used)
    },
    used(marketplace, app) {
      if (limitOf(marketplace) === undefined) return
      const name = countName(marketplace, app, rules)
      const known = sent.get(name)
      if (known !== undefined) sent.set(name, known + 1)
      return count(name)
    },
  }
}
