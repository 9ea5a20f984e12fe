/**
 * Opens the vault for a program: the one that the command line uses, with the same settings, locks, journal and history;
 * or one over a store, a clock, an HTTP client and marketplaces that the program brings. Nothing here prints or asks.
 */
import { fileURLToPath } from 'node:url'
import { listingOf } from '../cli/finding.ts'
import { libraryWorld, type OwnParts, type World } from '../cli/world.ts'
import { TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { MARKETPLACE_IDS, type OwnMarketplaces, SHIPPED_IDS } from '../marketplaces/ids.ts'
import { MARKETPLACE_ID } from '../marketplaces/manifest/manifest.ts'
import type { Clock } from '../platform/clock.ts'
import type { Http } from '../platform/http.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { SecretStore } from '../vault/secret-store.ts'
import { throughDoor } from './door-of.ts'
import { lockedRecords } from './locked-records.ts'
import { quietTerminal } from './quiet-terminal.ts'
import type { Records } from './records.ts'
import { storeDoor } from './store-door.ts'
import { keepWorld } from './world-of.ts'

/** What a vault is opened with. Everything may be left out; then it is that of the command line. */
export interface OpenOptions {
  /** The folder of settings and records, in place of TOKENCTL_HOME and of the platform's own. */
  readonly home?: string
  /** In place of the process's environment: TOKENCTL_HOME, TOKENCTL_KEY_FILE, proxies. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Settings by their names (`window.ebay`: `2 months`), in place of those in the settings file. */
  readonly settings?: Readonly<Record<string, string>>
  /** Where records rest, in place of the store that the settings choose. It is closed with the vault. */
  readonly store?: SecretStore
  /** Marketplaces beside the built-in ones; none of these can be replaced. */
  readonly marketplaces?: readonly MarketplaceAdapter[]
  /** The way onto the network. */
  readonly http?: Http
  readonly clock?: Clock
  /** Uniform in [0, 1); spreads retries. */
  readonly random?: () => number
  /** Told what a command would say on standard error: whole sentences, no secret. */
  readonly onNote?: (note: string) => void
  /** Where it is aborted, no further account is begun; what is open is finished and stored. */
  readonly signal?: AbortSignal
}

/** Accounts and apps with their tokens and keys, opened. */
export interface OpenVault {
  /** Every account's facts that are no secret, by name. Opens no secret. @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} */
  accounts(): Promise<readonly AccountHeader[]>
  /**
   * The records themselves, for reading and writing. The first writing use chooses the store, as a command's would.
   *
   * @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} · {STORE_IN_USE} · {WRITE_FAILED}
   */
  records(): Promise<Records>
  /** Lets go of what is held: the keychain's helper, the store that was given. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Opens a vault. Nothing is touched until something is asked of it; settings that are none are refused then.
 *
 * @throws {SETTINGS_INVALID} for a marketplace whose word is none, is built in, or is given twice
 */
export function openVault(options: OpenOptions = {}): OpenVault {
  const world = worldFor(options)
  const vault: OpenVault = {
    accounts: async () => (await listingOf(await throughDoor(world, door => door.read()))).accounts,
    records: () => lockedRecords(world),
    close: () => world.close(),
  }
  keepWorld(vault, world)
  return vault
}

/** What a caller in JavaScript can hand over, who has no compiler to say so. @throws {USAGE} */
function refuseOdd(options: OpenOptions): void {
  const odd = (name: string, expects: string) =>
    new TokenctlError('USAGE', `openVault: \`${name}\` must be ${expects}.`, { fix: 'See docs/library.md.' })
  if (typeof options !== 'object' || options === null) throw odd('options', 'an object')
  const { home, store, settings, marketplaces, clock } = options
  if (home !== undefined && typeof home !== 'string') throw odd('home', 'the path of a folder')
  if (settings !== undefined && (typeof settings !== 'object' || settings === null))
    throw odd('settings', 'settings by their names')
  if (marketplaces !== undefined && !Array.isArray(marketplaces))
    throw odd('marketplaces', 'a list of adapters')
  if (marketplaces?.some(adapter => typeof adapter?.id !== 'string') === true)
    throw odd('marketplaces', 'a list of adapters')
  if (clock !== undefined && typeof clock?.now !== 'function') throw odd('clock', 'a Clock')
  if (store !== undefined && typeof store?.put !== 'function') throw odd('store', 'a SecretStore')
}

function worldFor(options: OpenOptions): World {
  refuseOdd(options)
  const { env, home, store, settings, marketplaces = [], onNote = () => {} } = options
  const { clock, http, random, signal } = options
  refuseWords(marketplaces)
  return libraryWorld(env, quietTerminal(onNote), helpers(), {
    ...(home === undefined ? {} : { home }),
    ...(settings === undefined ? {} : { settingsText: JSON.stringify(settings) }),
    ...(store === undefined ? {} : overStore(store)),
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
    ...(http === undefined ? {} : { http: async () => http }),
    ...(signal === undefined ? {} : { signal }),
    marketplaces: others => beside(marketplaces, others),
  })
}

/** Over a store that was given, nothing of a run is written into a folder of this machine. */
function overStore(store: SecretStore): OwnParts {
  const door = storeDoor(store)
  return {
    openVault: async () => door,
    history: { note: () => {}, ready: async () => {}, settled: async () => {}, lines: async () => [] },
    dailyCounts: { count: () => null, add: () => {} },
    close: () => door.close(),
  }
}

/** A word stands for one marketplace, and never for another than the person's own commands mean by it. */
function refuseWords(given: readonly MarketplaceAdapter[]): void {
  const taken = new Set<string>([...MARKETPLACE_IDS, ...SHIPPED_IDS])
  for (const { id } of given) {
    if (!MARKETPLACE_ID.test(id))
      throw new TokenctlError(
        'SETTINGS_INVALID',
        'A marketplace of the program has no word that can be typed.',
        {
          fix: 'Its `id` must be 2 to 20 small letters.',
        },
      )
    if (taken.has(id))
      throw new TokenctlError('SETTINGS_INVALID', `There is a marketplace \`${id}\` already.`, {
        fix: 'Give the adapter another `id`.',
      })
    taken.add(id)
  }
}

/** The marketplaces of the program before those of manifests. */
function beside(given: readonly MarketplaceAdapter[], others: OwnMarketplaces): OwnMarketplaces {
  const byId = new Map(given.map(adapter => [adapter.id, adapter]))
  return {
    ids: () => [...new Set([...byId.keys(), ...others.ids()])],
    has: id => byId.has(id) || others.has(id),
    find: id => byId.get(id) ?? others.find(id),
  }
}

/** The folder that the keychain's helper is in: the package's `dist/`, above this file's own. */
function helpers(): string {
  return fileURLToPath(new URL('..', import.meta.url))
}
