/** A worker's accounts from a store that many machines share: claimed there, so that each is one machine's at a time. */
import { dueBounds } from '../../renewal/due-bounds.ts'
import type { Taken, WorkSource } from '../../renewal/work.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Fleet } from '../../vault/fleet.ts'
import { accountKey, appKey } from '../../vault/records.ts'
import type { Vault } from '../../vault/vault.ts'
import { accountOf, refOf } from '../selection.ts'
import type { WorkedMarketplaces } from './marketplaces.ts'

/** The accounts of this fleet that may need something. */
export function fleetSource(
  vault: Vault,
  fleet: Fleet,
  marketplaces: () => WorkedMarketplaces,
  now: () => number,
): WorkSource {
  /** Whether apps are public, by their keys; read at the first page. */
  let apps: ReadonlyMap<string, boolean | null> | undefined
  return {
    async take(limit) {
      const bounds = marketplaces().map(({ adapter, policy }) => dueBounds(adapter, policy, now()))
      const keys = await fleet.claim(bounds, limit)
      if (keys.length === 0) return { candidates: [], unreadable: [] }
      apps ??= await publicApps(vault)
      const taken: { candidates: Taken['candidates'][number][]; unreadable: Taken['unreadable'][number][] } =
        {
          candidates: [],
          unreadable: [],
        }
      for await (const page of vault.headersOf(keys)) {
        for (const header of page.accounts) {
          taken.candidates.push({ account: refOf(header), header: withApp(header, apps) })
        }
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

async function publicApps(vault: Vault): Promise<ReadonlyMap<string, boolean | null>> {
  const apps = new Map<string, boolean | null>()
  for await (const page of vault.pages({ kinds: ['app'] }))
    for (const { marketplace, name, isPublic } of page.apps) apps.set(appKey(marketplace, name), isPublic)
  return apps
}

function withApp(header: AccountHeader, apps: ReadonlyMap<string, boolean | null>): AccountHeader {
  const isAppPublic = apps.get(appKey(refOf(header).marketplace, header.app ?? ''))
  return isAppPublic === undefined ? header : { ...header, isAppPublic }
}
