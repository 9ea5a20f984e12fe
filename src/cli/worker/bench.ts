/** What a worker works with, over one opened vault: where its accounts come from, and what lets them through. */
import { TokenctlError } from '../../errors.ts'
import type { RenewalPorts } from '../../renewal/ports.ts'
import { type AllowanceOf, Reservations } from '../../renewal/reservations.ts'
import { Slots } from '../../renewal/slots.ts'
import type { WorkPorts } from '../../renewal/work.ts'
import { SECOND } from '../../tokens/time.ts'
import { type Allowance, type Fleet, MOST_SKEW_MS, NOTED_SKEW_MS } from '../../vault/fleet.ts'
import type { Vault } from '../../vault/vault.ts'
import { safeLine } from '../render/safe-text.ts'
import { countName } from '../renewing/quotas.ts'
import { renewalPorts } from '../renewing/renewing.ts'
import type { MarketplaceRules } from '../rules.ts'
import type { World } from '../world.ts'
import { fleetSource } from './fleet-source.ts'
import { listingSource } from './listing-source.ts'
import { localAllowances } from './local-allowances.ts'
import type { WorkerManner } from './manner.ts'
import type { WorkedMarketplaces } from './marketplaces.ts'
import type { Tally } from './tally.ts'

export interface Bench {
  readonly vault: Vault
  readonly ports: WorkPorts
  /**
   * Before each round: a store of one machine is listed anew, and over one of many the clocks are compared.
   *
   * @throws {CLOCK_WRONG} · what the store throws
   */
  begin(): Promise<void>
  /** Looks up what is left of each app's day. @throws what the store throws */
  countLeft(tally: Tally): Promise<void>
}

/** So many sentences that no result says are told in a round. */
const MOST_TOLD = 20

/** @throws {CLOCK_WRONG} · what the store throws */
export async function makeBench(
  vault: Vault,
  manner: WorkerManner,
  { rules, marketplaces }: { readonly rules: MarketplaceRules; readonly marketplaces: WorkedMarketplaces },
  world: World,
): Promise<Bench> {
  const { fleet } = vault
  const now = () => world.clock.now()
  /** Whether a person was told that the clocks differ. */
  let isNoted = false
  if (fleet !== undefined) {
    isNoted = await compareClocks(fleet, world, false)
    // The records are elsewhere, but the history and other notes are this machine's own.
    world.files.ensurePrivateFolder(world.folders.state)
  }
  const known = new Map<string, Allowance | undefined>()
  const allowanceOf: AllowanceOf = (marketplace, app) => {
    const key = `${marketplace}:${app}`
    if (!known.has(key)) known.set(key, allowance(marketplace, app, manner, rules))
    return known.get(key)
  }
  const allowances = fleet ?? localAllowances(world.dailyCounts, now)
  const listed = listingSource(() => vault.listing(), marketplaces, now)
  const source = fleet === undefined ? listed : fleetSource(vault, fleet, marketplaces, now)
  const told = new Set<string>()
  const { onPause: _, ...ports } = await renewalPorts(world, vault, rules, manner.concurrency)
  return {
    vault,
    ports: {
      ...ports,
      // What another is at is left to it.
      locks: { hold: (name, work) => vault.locks.hold(name, work, { waitMs: 0 }) },
      history: withoutOthers(ports.history),
      source,
      quota: new Reservations(allowances, allowanceOf),
      slots: new Slots(allowances),
      allowanceOf,
      tell: text => {
        if (told.size >= MOST_TOLD || told.has(text)) return
        told.add(text)
        world.terminal.err(`${safeLine(text)}\n`)
      },
    },
    async begin() {
      if (fleet !== undefined) isNoted = await compareClocks(fleet, world, isNoted)
      told.clear()
      listed.begin()
    },
    async countLeft({ left }) {
      for (const each of known.values()) {
        if (each?.perDay == null) continue
        left.set(each.app, Math.max(0, each.perDay - (await allowances.sentToday(each.app))))
      }
    },
  }
}

function allowance(
  marketplace: string,
  app: string,
  { perSecond, isSpread }: WorkerManner,
  rules: MarketplaceRules,
): Allowance | undefined {
  const perDay = rules.adapterOf(marketplace).refreshesADay ?? null
  if (perDay === null && perSecond === null) return undefined
  return { app: countName(marketplace, app, rules), perDay, perSecond, isSpread: isSpread && perDay !== null }
}

/** That another was at an account is no event of the account's. */
function withoutOthers(history: RenewalPorts['history']): RenewalPorts['history'] {
  return {
    note: event => {
      if (event.code !== 'LOCK_HELD') history.note(event)
    },
    ready: async () => await history.ready?.(),
  }
}

/**
 * Whether a person was told of clocks that differ, now or before: once is enough while they do.
 *
 * @throws {CLOCK_WRONG} where this machine's clock is too far off that of the store
 */
async function compareClocks(fleet: Fleet, { terminal }: World, isNoted: boolean): Promise<boolean> {
  const skew = await fleet.clockSkewMs()
  const way = skew > 0 ? 'ahead of' : 'behind'
  const words = `The clock of this machine is ${Math.round(Math.abs(skew) / SECOND)} s ${way} that of the database.`
  if (Math.abs(skew) > MOST_SKEW_MS)
    throw new TokenctlError('CLOCK_WRONG', `${words} Dates that it wrote would be wrong for every machine.`)
  const isOff = Math.abs(skew) >= NOTED_SKEW_MS
  if (isOff && !isNoted) terminal.err(`Note: ${words} Have it set, before it is too far off to work.\n`)
  return isOff
}
