/** What `status` finds: the headers, what their dates mean now, and what could not be read. Printing is elsewhere. */
import { isTokenctlError, type TokenctlError } from '../../errors.ts'
import { MARKETPLACE_IDS, placeOf } from '../../marketplaces/ids.ts'
import { ACCOUNT_STATES } from '../../renewal/assess.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Vault } from '../../vault/vault.ts'
import type { Found, Narrowed } from '../filter.ts'
import { quotaNotes } from '../renewing/quotas.ts'
import { rulesOf } from '../rules.ts'
import { accountOf, refOf, type Selection, select } from '../selection.ts'
import type { World } from '../world.ts'
import { environmentNotes } from './environment-notes.ts'
import { type AssessedAccount, type AssessedApp, assessAccounts, assessApps } from './status-report.ts'

export interface FindOptions {
  readonly accounts: readonly string[]
  /** Opens every selected record, and first rebuilds headers that were lost. */
  readonly verify?: boolean
  /** Leaves out what is not wanted, and orders the rest. */
  readonly narrow?: (found: Found, now: number) => Narrowed
}

/** What `status` found, before anybody prints it. */
export interface StatusFindings {
  readonly accounts: readonly AssessedAccount[]
  readonly apps: readonly AssessedApp[]
  readonly notConnected: readonly string[]
  readonly missing: readonly string[]
  readonly warnings: readonly string[]
  readonly problems: readonly TokenctlError[]
  readonly store: string | null
  readonly storeNote: string | undefined
  readonly lastOpened: { readonly at: number; readonly by: string } | undefined
  readonly now: number
  /** What the options left out and ordered; absent where there was no such option. */
  readonly narrowed?: Pick<Narrowed, 'leftOut' | 'isFiltered' | 'isSorted'>
}

/** Reads the vault's headers; opens bodies only with `verify`. */
export async function findStatus(options: FindOptions, world: World): Promise<StatusFindings> {
  const now = world.clock.now()
  const rules = rulesOf(world.settings())
  const door = await world.openVault('status')
  if (options.verify === true) await door.rebuild()
  const opened = await door.read()
  if (opened.state === 'empty') {
    const selection = select(options.accounts, [], [], rules.adapterOf)
    return {
      ...nothing(options, selection, now),
      store: opened.wouldUse,
      storeNote: opened.wouldUse === null ? opened.reason?.fix : undefined,
      warnings: environmentNotes([], world),
    }
  }
  const listing = await opened.vault.listing()
  const selection = select(options.accounts, listing.accounts, listing.unreadable, rules.adapterOf)
  const unreadable = listing.unreadable.map(({ error }) => error)
  const all: Found = {
    accounts: byGravity(assessAccounts(selection.headers, rules, now)),
    apps: assessApps(
      listing.apps.filter(({ marketplace }) => isWanted(options.accounts, marketplace)),
      rules,
      now,
    ),
  }
  const narrowed = options.narrow?.(all, now)
  const { accounts, apps } = narrowed ?? all
  const headers = accounts.map(({ header }) => header)
  const verified = options.verify === true ? await verify(headers, apps, opened.vault) : []
  const known = [
    ...listing.accounts.map(header => refOf(header).marketplace),
    // Readable or not, a record is connected: it must not be shown as missing.
    ...listing.unreadable.flatMap(record => accountOf(record)?.marketplace ?? []),
  ]
  return {
    now,
    accounts,
    apps,
    // Of some of the accounts, that others are missing says nothing.
    notConnected:
      narrowed?.isFiltered === true
        ? []
        : listed(options.accounts, all.apps).filter(id => !known.includes(id)),
    missing: selection.missing.filter(id => !known.includes(id)),
    warnings: [...environmentNotes(headers, world), ...quotaNotes(headers, world), ...door.warnings()],
    problems: [...unreadable, ...verified],
    store: opened.vault.kind,
    storeNote: undefined,
    lastOpened: door.lastOpened(),
    ...(narrowed === undefined ? {} : { narrowed }),
  }
}

/** What there is to say where nothing was ever stored. */
function nothing(options: FindOptions, { missing }: Selection, now: number): StatusFindings {
  return {
    now,
    accounts: [],
    apps: [],
    notConnected: listed(options.accounts, []),
    missing,
    warnings: [],
    problems: [],
    store: null,
    storeNote: undefined,
    lastOpened: undefined,
  }
}

/** The marketplaces that are named where nothing is connected: the three, and what is asked for or has an app. */
export function listed(words: readonly string[], apps: readonly AssessedApp[]): readonly string[] {
  const others = [
    ...words.map(word => word.split(':')[0] ?? ''),
    ...apps.map(({ header }) => header.marketplace),
  ]
  const all = new Set([...MARKETPLACE_IDS, ...others.sort((a, b) => placeOf(a) - placeOf(b))])
  return [...all].filter(id => isWanted(words, id))
}

/** Whether the words name a marketplace, or none does. */
export function isWanted(words: readonly string[], marketplace: string): boolean {
  return words.length === 0 || words.some(word => word.split(':')[0] === marketplace)
}

function byGravity(accounts: AssessedAccount[]): AssessedAccount[] {
  return accounts.sort(
    (a, b) => gravityOf(a) - gravityOf(b) || (a.header.account < b.header.account ? -1 : 1),
  )
}

/** A number that is lower the earlier an account stands: by its state, then by its marketplace; equals stand by name. */
export function gravityOf({ assessment, adapter }: AssessedAccount): number {
  return ACCOUNT_STATES.indexOf(assessment.state) * 100 + placeOf(adapter.id)
}

/** Opens every one of these records; what cannot be opened is a problem each. */
async function verify(
  accounts: readonly AccountHeader[],
  apps: readonly AssessedApp[],
  vault: Vault,
): Promise<TokenctlError[]> {
  const problems: TokenctlError[] = []
  const open = async (record: () => Promise<unknown>) => {
    try {
      await record()
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      problems.push(error)
    }
  }
  for (const header of accounts) await open(() => vault.account(refOf(header)))
  for (const { header } of apps) await open(() => vault.app(header.marketplace, header.name))
  return problems
}
