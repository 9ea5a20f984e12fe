/**
 * Who is asked when a day's quota is too small for all: the gravest first, then whose consent ends first. A day's
 * refreshes are an app's, so accounts of another app or marketplace lose nothing by it.
 */
import { TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { DEFAULT_NAME, formatAccount } from '../tokens/account.ts'
import { DAY, type EpochMs, toIso } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { ACCOUNT_STATES, type Assessment, assess } from './assess.ts'
import type { RenewalPorts } from './ports.ts'
import type { Candidate } from './renew-all.ts'

type RationPorts = Pick<RenewalPorts, 'adapterOf' | 'clock' | 'policyOf' | 'quota'>

/** The app whose keys an account is refreshed with. */
export function appOf(header: Pick<AccountHeader, 'app'>): string {
  return header.app ?? DEFAULT_NAME
}

/**
 * The candidates with their places, in the order in which to ask for them: as they came, unless a quota is left that is
 * smaller than the number of those that share it.
 */
export function inOrder(
  candidates: readonly Candidate[],
  ports: RationPorts,
): readonly (readonly [index: number, candidate: Candidate])[] {
  const entries = [...candidates.entries()]
  if (!isShort(candidates, ports)) return entries
  const now = ports.clock.now()
  const ranked = entries.map(entry => ({ entry, rank: rankOf(entry[1], ports, now) }))
  ranked.sort((a, b) => a.rank.gravity - b.rank.gravity || a.rank.ends - b.rank.ends)
  return ranked.map(({ entry }) => entry)
}

function isShort(candidates: readonly Candidate[], { clock, quota }: RationPorts): boolean {
  if (quota === undefined) return false
  const sharing = new Map<string, { readonly app: string; readonly marketplace: string; count: number }>()
  for (const { account, header } of candidates) {
    const [marketplace, app] = [account.marketplace, appOf(header)]
    const group = sharing.get(`${marketplace}:${app}`) ?? { marketplace, app, count: 0 }
    group.count += 1
    sharing.set(`${marketplace}:${app}`, group)
  }
  return [...sharing.values()].some(({ marketplace, app, count }) => {
    const left = quota.left(marketplace, app, clock.now())
    return left !== null && left < count
  })
}

function rankOf({ account, header }: Candidate, ports: RationPorts, now: EpochMs) {
  let found: Assessment
  try {
    const adapter = ports.adapterOf(account.marketplace)
    found = assess(header, adapter, ports.policyOf(adapter), now)
  } catch {
    // A marketplace that this version does not know is no reason to stop here: its own turn fails, and says so.
    return { gravity: ACCOUNT_STATES.length, ends: Number.MAX_SAFE_INTEGER }
  }
  return {
    gravity: ACCOUNT_STATES.indexOf(found.state),
    ends: found.ends?.at ?? Number.MAX_SAFE_INTEGER,
  }
}

/** Why an account is not asked about any more today; undefined while the day's quota lasts. */
export function quotaSpent(
  { account, header }: Candidate,
  adapter: Pick<MarketplaceAdapter, 'refreshesADay' | 'title'>,
  { clock, quota }: Pick<RenewalPorts, 'clock' | 'quota'>,
): TokenctlError | undefined {
  const now = clock.now()
  // An answer that is here already is stored without asking.
  if (header.awaitsRecovery || (quota?.left(account.marketplace, appOf(header), now) ?? 1) > 0)
    return undefined
  const limit = adapter.refreshesADay === undefined ? 'so many' : adapter.refreshesADay.toLocaleString('en')
  const name = formatAccount(account)
  return new TokenctlError(
    'RATE_LIMITED',
    `Not asked now: ${adapter.title} allows an app ${limit} refreshes a day, and those of today are used. They begin anew at ${toIso(nextDay(now))}.`,
    {
      account: name,
      fix: `A run after that asks; \`tokenctl renew ${name}\` asks now.`,
    },
  )
}

/** When the day after that of `now` begins, in UTC. */
export function nextDay(now: EpochMs): EpochMs {
  return (Math.floor(now / DAY) + 1) * DAY
}
