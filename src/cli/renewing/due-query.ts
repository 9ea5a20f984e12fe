/** What is due by the settings of this machine, as a query: for a store that can choose among a million accounts itself. */
import { dueBounds } from '../../renewal/due-bounds.ts'
import type { DueBounds } from '../../vault/header-query.ts'
import { rulesOf } from '../rules.ts'
import { workedMarketplaces } from '../worker/marketplaces.ts'
import type { World } from '../world.ts'

/** The bounds of every marketplace that can be used, now. @throws {SETTINGS_INVALID} */
export function dueQuery(world: Pick<World, 'clock' | 'settings' | 'ownMarketplaces'>): readonly DueBounds[] {
  const now = world.clock.now()
  const marketplaces = workedMarketplaces(rulesOf(world.settings()), world.ownMarketplaces)
  return marketplaces.map(({ adapter, policy }) => dueBounds(adapter, policy, now))
}
