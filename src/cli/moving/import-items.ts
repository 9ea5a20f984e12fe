/**
 * The records that an import brings, each with its lock and what it would change now. Looking stores nothing, so it is
 * done twice: for the plan, and again under the lock, where nobody else can move the record any more.
 */

import { withGap } from '../../renewal/gap.ts'
import type { HistoryEvent } from '../../renewal/ports.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { appLock } from '../../vault/records.ts'
import type { Vault } from '../../vault/vault.ts'
import { done } from '../noting/history.ts'
import type { MarketplaceRules } from '../rules.ts'
import { refOf } from '../selection.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'
import { planApp } from './import-app-plan.ts'
import type { Difference } from './import-differences.ts'
import type { GivenAccount, GivenApp, GivenDocument } from './import-document.ts'
import { type Change, planAccount } from './import-plan.ts'
import { newTokens, type SharedWith } from './import-shared.ts'

/** What a record becomes by what is stored of it. */
export interface Look {
  readonly change: Change
  /** In what the document and the stored record differ. */
  readonly differs: readonly Difference[]
  /** An account as it would be stored; null for an app. */
  readonly header: AccountHeader | null
  /** The other account that has the token already, where the change is `shared`. */
  readonly sharedWith: string | null
  /** Stores it over what was looked at. @throws {LOCK_HELD} when that has moved since. */
  readonly save: (vault: Vault) => Promise<unknown>
}

/** One record of the document. */
export interface ImportItem {
  readonly label: string
  /** What the history says of it once it is stored. An account and an app may have the same name. */
  readonly event: HistoryEvent
  /** By what is stored now; without a vault nothing is. */
  look(vault: Vault | undefined, sharedWith: SharedWith): Promise<Look>
  /** Runs work while no other process touches the record. */
  locked<T>(vault: Vault, world: World, work: () => Promise<T>): Promise<T>
}

/** The document's apps, then its accounts. */
export function itemsOf(
  document: GivenDocument,
  rules: MarketplaceRules,
  now: EpochMs,
): readonly ImportItem[] {
  return [
    ...document.apps.map(app => appItem(app, rules)),
    ...document.accounts.map(given => accountItem(given, rules, now)),
  ]
}

function appItem(app: GivenApp, rules: MarketplaceRules): ImportItem {
  const { marketplace, name } = app.header
  const adapter = rules.adapterOf(marketplace)
  return {
    label: `${marketplace} app ${name}`,
    event: done('app set', `${marketplace}:${name}`),
    look: async vault => {
      const stored = await vault?.app(marketplace, name)
      const { change, next, differs } = planApp(app, stored, adapter)
      const save = (to: Vault) => to.saveApp(next, stored?.revision ?? null)
      return { change, differs, header: null, sharedWith: null, save }
    },
    locked: (vault, _world, work) => vault.locks.hold(appLock(marketplace, name), work),
  }
}

function accountItem(given: GivenAccount, rules: MarketplaceRules, now: EpochMs): ImportItem {
  const account = refOf(given)
  const adapter = rules.adapterOf(account.marketplace)
  return {
    label: given.account,
    event: done('import', given.account),
    look: async (vault, sharedWith) => {
      const stored = await vault?.account(account)
      const { change, next, differs } = planAccount(given, stored, adapter.rotation)
      const header =
        stored === undefined ? next.header : withGap(stored.header, next.header, rules.policyOf(adapter), now)
      const set = { header, secrets: next.secrets }
      const save = (to: Vault) => to.saveAccount(set, stored?.revision ?? null)
      // What is refused for another reason is stored nowhere, so it shares nothing.
      const brings = change === 'added' || change === 'replaced' ? newTokens(set, stored) : []
      for (const token of brings) {
        const other = await sharedWith(given.account, token)
        if (other !== null) return { change: 'shared', differs, header, sharedWith: other, save }
      }
      return { change, differs, header, sharedWith: null, save }
    },
    locked: (vault, world, work) => underLock(account, vault, world, work),
  }
}
