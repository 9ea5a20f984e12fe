/** `tokenctl import`: apps and accounts from one JSON document on standard input. All is checked before any is stored. */
import { TokenctlError } from '../../errors.ts'
import { withGap } from '../../renewal/gap.ts'
import type { Policy } from '../../renewal/policy.ts'
import type { HistoryEvent } from '../../renewal/ports.ts'
import { parseAccount } from '../../tokens/account.ts'
import type { App } from '../../tokens/app-keys.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { TokenSet } from '../../tokens/token-set.ts'
import { appKey } from '../../vault/records.ts'
import type { StoredAccount, StoredApp, Vault } from '../../vault/vault.ts'
import type { Exit } from '../exit.ts'
import { done } from '../history.ts'
import { type GivenDocument, readImportDocument } from '../import-document.ts'
import { type Change, type Planned, planAccount, planApp } from '../import-plan.ts'
import { missingKeys } from '../missing-keys.ts'
import { renderJson } from '../render/json.ts'
import { type MarketplaceRules, rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'
import { vaultForWriting } from '../writing.ts'

export interface ImportOptions {
  readonly dryRun?: boolean
  readonly replace?: boolean
  readonly json?: boolean
}

/** One line of the plan with what it stands on. */
interface Item {
  readonly label: string
  readonly change: Change
  /** What the history says of it once it is stored. An account and an app may have the same name. */
  readonly event: HistoryEvent
  /** Under its lock. */
  readonly store: (vault: Vault, world: World) => Promise<unknown>
}

export async function importRun(options: ImportOptions, world: World): Promise<Exit> {
  const text = await world.terminal.readStdin('an import document')
  const rules = rulesOf(world.settings())
  const document = readImportDocument(text, rules, world.clock.now())
  const items = await plan(document, rules, world)
  refuseConflicts(items, options)
  if (options.dryRun !== true) await store(items, world)
  say(items, document, options, world)
  for (const warning of await warningsOf(document, rules, world)) world.terminal.err(`${warning}\n`)
  return 0
}

/** Read after the import: what it brought is known then as well as what was here. */
async function warningsOf(
  document: GivenDocument,
  { adapterOf }: MarketplaceRules,
  world: World,
): Promise<readonly string[]> {
  const opened = await (await world.openVault('import')).read()
  if (opened.state === 'empty') return missingKeys(document, [], adapterOf)
  const { apps, unreadable } = await opened.vault.listing()
  const readable = apps.map(({ marketplace, name }) => appKey(marketplace, name))
  return missingKeys(document, [...readable, ...unreadable.map(({ key }) => key)], adapterOf)
}

async function plan(
  document: GivenDocument,
  rules: MarketplaceRules,
  world: World,
): Promise<readonly Item[]> {
  const opened = await (await world.openVault('import')).read()
  const vault = opened.state === 'open' ? opened.vault : undefined
  const items: Item[] = []
  for (const app of document.apps) {
    const { marketplace, name } = app.header
    items.push(appItem(app, await vault?.app(marketplace, name)))
  }
  for (const given of document.accounts) {
    const { marketplace, name } = parseAccount(given.account)
    const stored = await vault?.account({ marketplace, name: name ?? '' })
    const adapter = rules.adapterOf(marketplace)
    const planned = planAccount(given, stored, adapter.rotation)
    const policy = rules.policyOf(adapter)
    items.push(accountItem(given.account, planned, stored, { policy, now: world.clock.now() }))
  }
  return items
}

function appItem(app: App, stored: StoredApp | undefined): Item {
  const { change, next } = planApp(app, stored)
  const { marketplace, name } = app.header
  return {
    label: `${marketplace} app ${name}`,
    change,
    event: done('app set', `${marketplace}:${name}`),
    store: vault =>
      vault.locks.hold(`app-${marketplace}-${name}`, () => vault.saveApp(next, stored?.revision ?? null)),
  }
}

function accountItem(
  account: string,
  { change, next }: Planned<TokenSet>,
  stored: StoredAccount | undefined,
  { policy, now }: { readonly policy: Policy; readonly now: EpochMs },
): Item {
  const header = stored === undefined ? next.header : withGap(stored.header, next.header, policy, now)
  const bare = { header, secrets: next.secrets }
  return {
    label: account,
    change,
    event: done('import', account),
    store: (vault, world) =>
      underLock(refOf(next.header), vault, world, () => vault.saveAccount(bare, stored?.revision ?? null)),
  }
}

/**
 * Stops the whole import where one part of it must not be done.
 *
 * @throws {USAGE} when something would be replaced without `--replace`, or a newer token by an older one at all
 *   · {ENVIRONMENT_MISMATCH} when what is stored was made in another environment.
 */
function refuseConflicts(items: readonly Item[], { replace }: ImportOptions): void {
  const elsewhere = items.filter(item => item.change === 'elsewhere').map(item => item.label)
  if (elsewhere.length > 0) {
    throw new TokenctlError(
      'ENVIRONMENT_MISMATCH',
      `Stored here for another environment than the one that is set now: ${elsewhere.join(', ')}.`,
      {
        fix: 'Import under other names, or go back with `tokenctl config unset endpoint.<marketplace>`. Nothing was changed.',
      },
    )
  }
  const older = items.filter(item => item.change === 'older').map(item => item.label)
  if (older.length > 0) {
    throw new TokenctlError(
      'USAGE',
      `The document holds an older token of ${older.join(', ')} than the one stored here.`,
      {
        fix: 'The marketplace replaces a token at every renewal, so the stored one is the newer. If this one is of a new consent, say when in `consentAt`. Nothing was changed.',
      },
    )
  }
  const replaced = items.filter(item => item.change === 'replaced').map(item => item.label)
  if (replace === true || replaced.length === 0) return
  throw new TokenctlError('USAGE', `Already there with other content: ${replaced.join(', ')}.`, {
    fix: 'Look with `tokenctl import --dry-run --replace`, then import with `--replace`. Nothing was changed.',
  })
}

async function store(items: readonly Item[], world: World): Promise<void> {
  const changing = items.filter(item => item.change !== 'same')
  if (changing.length === 0) return
  const vault = await vaultForWriting('import', world)
  for (const item of changing) {
    await item.store(vault, world)
    world.history.note(item.event)
  }
}

const WORDS: Readonly<Record<Change, readonly [done: string, planned: string]>> = {
  added: ['added', 'would be added'],
  same: ['the same, nothing to do', 'the same, nothing to do'],
  replaced: ['replaced', 'would be replaced'],
  older: ['older', 'older'],
  elsewhere: ['elsewhere', 'elsewhere'],
}

function say(items: readonly Item[], document: GivenDocument, options: ImportOptions, world: World): void {
  if (options.json === true) {
    const results = items.map(({ label, change }) => ({ name: label, change }))
    world.terminal.out(renderJson({ version: 1, dryRun: options.dryRun === true, results }))
    return
  }
  for (const { label, change } of items) {
    world.terminal.out(`${label}: ${WORDS[change][options.dryRun === true ? 1 : 0]}\n`)
  }
  if (options.dryRun === true) return
  const places = new Set(
    [...document.apps.map(app => app.header), ...document.accounts].map(({ environment }) => environment),
  )
  if (places.has('local'))
    world.terminal.err('These records belong to the simulator that is set as endpoint.\n')
  world.terminal.err('Next: `tokenctl status` shows them, `tokenctl renew --all` proves them.\n')
}
