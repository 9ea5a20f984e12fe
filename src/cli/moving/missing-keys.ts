/** Which imported accounts could not be renewed, because the keys of their app are neither here nor in the document. */
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import { DEFAULT_NAME, parseAccount } from '../../tokens/account.ts'
import { appKey } from '../../vault/records.ts'
import type { GivenDocument } from './import-document.ts'

/** More than these are counted, not named: an agency's document holds hundreds. */
const MOST_NAMED = 5

/**
 * One sentence for each app that has no keys, with its accounts and the command that enters them; none where all have.
 *
 * @param known the keys of the apps' records that are here, readable or not: an unreadable one is not missing (I5).
 */
export function missingKeys(
  { apps, accounts }: GivenDocument,
  known: readonly string[],
  adapterOf: (marketplace: string) => MarketplaceAdapter,
): readonly string[] {
  const there = new Set([...known, ...apps.map(({ header }) => appKey(header.marketplace, header.name))])
  const missing = new Map<string, { readonly marketplace: string; readonly app: string; names: string[] }>()
  for (const { account, app } of accounts) {
    const { marketplace } = parseAccount(account)
    // An account that is followed by its dates needs no keys.
    if (app === null) continue
    const key = appKey(marketplace, app)
    if (there.has(key)) continue
    const entry = missing.get(key) ?? { marketplace, app, names: [] }
    entry.names.push(account)
    missing.set(key, entry)
  }
  return [...missing.values()].map(({ marketplace, app, names }) => {
    const more = names.length - MOST_NAMED
    const who = `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
    const words = app === DEFAULT_NAME ? marketplace : `${marketplace} ${app}`
    return `${who} cannot be renewed yet: the keys of ${adapterOf(marketplace).title} app ${app} are not here. Enter them: \`tokenctl app set ${words}\`.`
  })
}
