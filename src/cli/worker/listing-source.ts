/**
 * A worker's accounts from a store of one machine, which is listed as a whole. What was taken, and what is to be left alone
 * for a while, is known to this process only: two that work at once find out by the accounts' locks.
 */
import { dueBounds, mayBeDue } from '../../renewal/due-bounds.ts'
import type { Candidate } from '../../renewal/renew-all.ts'
import type { Taken, WorkSource } from '../../renewal/work.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Listing } from '../../vault/listings.ts'
import { accountOf, refOf } from '../selection.ts'
import type { WorkedMarketplaces } from './marketplaces.ts'

export interface ListingSource extends WorkSource {
  /** Lists anew at the next `take`: a new round begins. */
  begin(): void
}

/** The accounts of a listing that may need something, longest since their last renewal first. */
export function listingSource(
  listing: () => Promise<Pick<Listing, 'accounts' | 'unreadable'>>,
  marketplaces: WorkedMarketplaces,
  now: () => EpochMs,
): ListingSource {
  const leftAlone = new Map<string, EpochMs>()
  let waiting: Taken | undefined
  let given = 0

  async function list(): Promise<Taken> {
    const at = now()
    for (const [name, until] of leftAlone) if (until <= at) leftAlone.delete(name)
    const bounds = new Map(
      marketplaces.map(({ adapter, policy }) => [adapter.id, dueBounds(adapter, policy, at)]),
    )
    const { accounts, unreadable } = await listing()
    const candidates = accounts.flatMap((header): Candidate[] => {
      const account = refOf(header)
      const due = bounds.get(account.marketplace)
      const isIn = !leftAlone.has(header.account) && due !== undefined && mayBeDue(header, due)
      return isIn ? [{ account, header }] : []
    })
    return {
      candidates: candidates.sort((a, b) => lastOf(a.header) - lastOf(b.header)),
      unreadable: unreadable.flatMap(record => {
        const account = accountOf(record)
        const name = record.key.slice('account/'.length)
        return account === undefined || leftAlone.has(name) ? [] : [{ account, name, error: record.error }]
      }),
    }
  }

  return {
    begin() {
      waiting = undefined
    },
    async take(limit) {
      const isFirst = waiting === undefined
      if (waiting === undefined) {
        waiting = await list()
        given = 0
      }
      const candidates = waiting.candidates.slice(given, given + limit)
      given += candidates.length
      return { candidates, unreadable: isFirst ? waiting.unreadable : [] }
    },
    async putBack(accounts, until) {
      for (const account of accounts) {
        if (until === null) leftAlone.delete(account)
        else leftAlone.set(account, until)
      }
    },
  }
}

function lastOf({ renewedAt, consentAt }: AccountHeader): number {
  return renewedAt ?? consentAt ?? 0
}
