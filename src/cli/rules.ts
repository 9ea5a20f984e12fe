/** What the settings make of each marketplace: its adapter, its lengths, and where its requests go. */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Destination, MarketplaceAdapter, Rotation } from '../marketplaces/adapter.ts'
import { findMarketplace } from '../marketplaces/registry.ts'
import type { Policy } from '../renewal/policy.ts'
import type { SettingFamily, Settings } from '../settings.ts'
import { quoteTyped } from '../tokens/quote.ts'
import { type Duration, parseDuration } from '../tokens/time.ts'

export interface MarketplaceRules {
  readonly adapterOf: (marketplace: string) => MarketplaceAdapter
  readonly policyOf: (adapter: MarketplaceAdapter) => Policy
  readonly destinationOf: (adapter: MarketplaceAdapter) => Destination
}

/** The rules that these settings give. */
export function rulesOf(settings: Settings): MarketplaceRules {
  // Settings were checked when they were read, so a length that is not set is the only one that is undefined.
  const length = (family: SettingFamily, id: string): Duration | undefined =>
    parseDuration(settings.for(family, id) ?? '')
  const policyOf = ({ id, estimatedLifetime, lifetimeFrom }: MarketplaceAdapter): Policy => ({
    window: length('window', id) ?? { months: 3 },
    warning: length('warning', id) ?? { days: 30 },
    lead: length('lead', id) ?? { days: 14 },
    lifetime: length('lifetime', id) ?? estimatedLifetime,
    ...(lifetimeFrom !== undefined && { lifetimeFrom }),
  })
  // Read once for each marketplace: among a thousand accounts, reading its four lengths for each is a tenth of `status`.
  const policies = new Map<string, Policy>()
  const adapters = new Map<string, MarketplaceAdapter>()
  return {
    adapterOf: marketplace => {
      const adapter = adapters.get(marketplace) ?? ruled(findMarketplace(marketplace, settings.own), settings)
      adapters.set(marketplace, adapter)
      return adapter
    },
    policyOf: adapter => {
      const policy = policies.get(adapter.id) ?? policyOf(adapter)
      policies.set(adapter.id, policy)
      return policy
    },
    destinationOf: adapter => destination(adapter, settings),
  }
}

/**
 * Why the accounts of a marketplace cannot be used: no such manifest, or one that is no good. Undefined for all others.
 * Told once for each marketplace however many accounts there are.
 */
export function unusable(settings: () => Settings): (marketplace: string) => TokenctlError | undefined {
  const told = new Map<string, TokenctlError | undefined>()
  const ask = (marketplace: string) => {
    try {
      findMarketplace(marketplace, settings().own)
      return undefined
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      return error.code === 'MARKETPLACE_UNKNOWN' ? manifestGone(marketplace) : error
    }
  }
  return marketplace => {
    if (!told.has(marketplace)) told.set(marketplace, ask(marketplace))
    return told.get(marketplace)
  }
}

/** Records are there, so there was a manifest once. */
function manifestGone(marketplace: string): TokenctlError {
  const message = `The manifest of ${quoteTyped(marketplace)} is not there any more.`
  return new TokenctlError('MARKETPLACE_UNKNOWN', message, {
    fix: `Put it back into the settings folder, as \`marketplaces/${marketplace}.json\`; the record is as it was. To be rid of what is stored: \`tokenctl accounts remove ${marketplace}:NAME\`, then \`tokenctl app remove ${marketplace}\`.`,
  })
}

/** The adapter with what a person set of its facts. */
function ruled(adapter: MarketplaceAdapter, settings: Settings): MarketplaceAdapter {
  const rotation = settings.for('rotation', adapter.id)
  // Settings were checked when they were read: it is one of the four words.
  return rotation === undefined ? adapter : { ...adapter, rotation: rotation as Rotation }
}

/**
 * Where a marketplace's requests go.
 *
 * @throws {SETTINGS_INVALID} when the sandbox is set and the vendor has none.
 */
function destination(adapter: MarketplaceAdapter, settings: Settings): Destination {
  const endpoint = settings.for('endpoint', adapter.id)
  if (endpoint !== undefined) return { environment: 'local', origin: new URL(endpoint).origin }
  if (settings.for('environment', adapter.id) !== 'sandbox') {
    return { environment: 'production', origin: adapter.origins.production }
  }
  const { sandbox } = adapter.origins
  if (sandbox !== undefined) return { environment: 'sandbox', origin: sandbox }
  throw new TokenctlError('SETTINGS_INVALID', `${adapter.title} has no sandbox.`, {
    fix: `Go back with \`tokenctl config unset environment.${adapter.id}\`.`,
  })
}
