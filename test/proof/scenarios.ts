/** What is swept: an action, a marketplace, a store, and what becomes of a used token, by the client's belief and in truth. */
import { VENDORS, type Vendor } from '../../src/simulator/vendors.ts'
import { MODES, type Mode } from './modes.ts'

export interface Scenario {
  readonly action: 'renew' | 'set-amazon' | 'login'
  readonly marketplace: Vendor
  readonly store: 'file' | 'keychain'
  readonly mode: Mode
}

/** All of them, renewals first; `wanted` are words that a name must contain, each of them, such as `file` and `strict`. */
export function scenarios(wanted: readonly string[] = []): readonly Scenario[] {
  const shops = [
    ...VENDORS.map(marketplace => ({ action: 'renew', marketplace }) as const),
    { action: 'set-amazon', marketplace: 'amazon' } as const,
    // One that tells whose consent it was by a question of its own, and one that tells it with the tokens.
    { action: 'login', marketplace: 'ebay' } as const,
    { action: 'login', marketplace: 'aliexpress' } as const,
  ]
  const stores = ['file', 'keychain'] as const
  return shops
    .flatMap(shop => stores.flatMap(store => modesOf(shop).map(mode => ({ ...shop, store, mode }))))
    .filter(scenario => {
      const words = nameOf(scenario).split(' ')
      return wanted.every(word => word.split(',').some(each => words.includes(each)))
    })
}

/** A consent spends no token: what becomes of a used one matters to the renewals after it alone. */
function modesOf({ action }: Pick<Scenario, 'action'>): readonly Mode[] {
  return action === 'login' ? MODES.filter(({ belief }) => belief === 'none' || belief === 'strict') : MODES
}

/** `renew ebay file unknown/strict`: belief before the truth. */
export function nameOf({ action, marketplace, store, mode }: Scenario): string {
  return `${action} ${marketplace} ${store} ${mode.belief}/${mode.server}`
}
