/** A worker's accounts from a store that many machines share: claimed there, so that each is one machine's at a time. */
import { dueBounds } from '../../renewal/due-bounds.ts'
import type { Taken, WorkSource } from '../../renewal/work.ts'
import type { AppHeader } from '../../tokens/app-keys.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { Fleet } from '../../vault/fleet.ts'
import { withAppsOf } from '../../vault/listings.ts'
import { accountKey } from '../../vault/records.ts'
import type { Vault } from '../../vault/vault.ts'
import { accountOf, refOf } from '../selection.ts'
import type { WorkedMarketplaces } from './marketplaces.ts'

/** The accounts of this fleet that may need something. */
export function fleetSource(
  vault: Vault,
  fleet: Fleet,
  marketplaces: WorkedMarketplaces,
  now: () => EpochMs,
): WorkSource {
  /** What gives a header what its app is; the apps are read at the first page. */
  let withApp: ReturnType<typeof withAppsOf> | undefined
  return {
    async take(limit) {
      const bounds = marketplaces.map(({ adapter, policy }) => dueBounds(adapter, policy, now()))
      const keys = await fleet.claim(bounds, limit)
      if (keys.length === 0) return { candidates: [], unreadable: [] }
      withApp ??= withAppsOf(await appsOf(vault))
      const taken: { candidates: Taken['candidates'][number][]; unreadable: Taken['unreadable'][number][] } =
        {
          candidates: [],
          unreadable: [],
        }
      for await (const page of vault.headersOf(keys)) {
        for (const header of page.accounts)
          taken.candidates.push({ account: refOf(header), header: withApp(header) })
        for (const record of page.unreadable) {
          const account = accountOf(record)
          if (account === undefined) continue
          taken.unreadable.push({ account, name: record.key.slice('account/'.length), error: record.error })
        }
      }
      return taken
    },
    putBack: (accounts, until) => fleet.defer(accounts.map(accountKey), until),
  }
}

async function appsOf(vault: Vault): Promise<readonly AppHeader[]> {
  const apps: AppHeader[] = []
  for await (const page of vault.pages({ kinds: ['app'] })) apps.push(...page.apps)
  return apps
}
