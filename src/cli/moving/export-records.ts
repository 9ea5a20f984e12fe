/**
 * The records that `export` takes along: which the words select, then each one whole, under its lock and after what a
 * killed run left of it was finished. One that cannot be read stops all of it: an export that lacks it unseen would be
 * trusted as a copy.
 */
import { TokenctlError } from '../../errors.ts'
import type { AppHeader } from '../../tokens/app-keys.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { OpenedVault } from '../../vault/open.ts'
import { appKey, keySubject } from '../../vault/records.ts'
import type { StoredAccount, StoredApp, Vault } from '../../vault/vault.ts'
import { listingOf } from '../finding.ts'
import { connectCommand } from '../render/words.ts'
import type { MarketplaceRules } from '../rules.ts'
import { notConnected, refOf, select, type Unreadable } from '../selection.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'
import type { ExportedRecords } from './export-document.ts'

/** Which records, by their headers. */
export interface Wanted {
  readonly vault: Vault
  readonly accounts: readonly AccountHeader[]
  readonly apps: readonly AppHeader[]
}

/**
 * The accounts that the words select, and their apps; without words all accounts and all apps.
 *
 * @param narrow leaves out some of those accounts; absent: none.
 * @throws {USAGE} when nothing is stored · {RECORD_UNREADABLE} naming what cannot be read · what `select` throws
 */
export async function wantedRecords(
  words: readonly string[],
  from: OpenedVault,
  { adapterOf }: Pick<MarketplaceRules, 'adapterOf'>,
  narrow?: (headers: readonly AccountHeader[]) => readonly AccountHeader[],
): Promise<Wanted> {
  const { accounts, apps, unreadable } = await listingOf(from)
  const { headers: named, missing } = select(words, accounts, unreadable, adapterOf)
  const headers = narrow?.(named) ?? named
  const isAll = words.length === 0 && narrow === undefined
  const appKeys = new Set(headers.flatMap(header => appKeyOf(header) ?? []))
  const isWanted = (key: string) => isAll || appKeys.has(key)
  refuseUnreadable(
    unreadable.filter(({ key }) => (key.startsWith('app/') ? isWanted(key) : isNamed(key, words))),
  )
  const [first] = missing
  if (first !== undefined) throw notConnected(first, connectCommand(first))
  const wanted = apps.filter(({ marketplace, name }) => isWanted(appKey(marketplace, name)))
  if (from.state === 'empty' || headers.length + wanted.length === 0) {
    throw new TokenctlError('USAGE', 'Nothing is stored here, so there is nothing to export.', {
      fix: '`tokenctl accounts list` shows what there is.',
    })
  }
  return { vault: from.vault, accounts: headers, apps: wanted }
}

function appKeyOf(header: AccountHeader): string | undefined {
  return header.app === null ? undefined : appKey(refOf(header).marketplace, header.app)
}

/** Whether a record that cannot be read is of an account that the words name. */
function isNamed(key: string, words: readonly string[]): boolean {
  const isAccount = key.startsWith('account/')
  return isAccount && (words.length === 0 || words.some(word => `${key}:`.startsWith(`account/${word}:`)))
}

function refuseUnreadable(unreadable: readonly Unreadable[]): void {
  const [first, ...more] = unreadable
  if (first === undefined) return
  if (more.length === 0) throw first.error
  const names = unreadable.map(({ key }) => keySubject(key)).join(', ')
  throw new TokenctlError('RECORD_UNREADABLE', `${unreadable.length} records cannot be read: ${names}.`, {
    fix: '`tokenctl status --verify` says what is wrong with each. Nothing was written.',
  })
}

/**
 * The records themselves, as they are when each one's lock is held.
 *
 * @throws {LOCK_HELD} · {RECORD_UNREADABLE} · {USAGE} when two accounts hold one token · what the vault throws
 */
export async function readRecords({ vault, accounts, apps }: Wanted, world: World): Promise<ExportedRecords> {
  refuseTwins(accounts, vault)
  const storedApps: StoredApp[] = []
  for (const { marketplace, name } of apps) {
    storedApps.push(stillThere(await vault.app(marketplace, name), `${marketplace} app ${name}`))
  }
  const storedAccounts: StoredAccount[] = []
  for (const header of accounts) {
    const account = refOf(header)
    const stored = await underLock(account, vault, world, () => vault.account(account))
    storedAccounts.push(stillThere(stored, header.account))
  }
  return { apps: storedApps, accounts: storedAccounts }
}

function stillThere<Stored>(stored: Stored | undefined, name: string): Stored {
  if (stored !== undefined) return stored
  throw new TokenctlError('LOCK_HELD', `${name} was removed by another run meanwhile.`, {
    fix: 'Nothing was written. Run it again.',
  })
}

/** One token must not live under two names, here or anywhere: import would refuse them. */
function refuseTwins(accounts: readonly AccountHeader[], vault: Vault): void {
  for (const header of accounts) {
    const twin = vault.twinOf(refOf(header))
    if (twin === undefined || !accounts.some(({ account }) => account === twin)) continue
    throw new TokenctlError(
      'USAGE',
      `${header.account} and ${twin} hold one token, as a rename that was cut off leaves them.`,
      { fix: 'Type that rename again, which finishes it, or export one of them by name.' },
    )
  }
}
