/**
 * `tokenctl import`: apps and accounts from one document, in the clear or sealed. All is checked before any is stored, and
 * each again under its lock: what another run did meanwhile is never overwritten unseen. Where an account hands its tokens
 * on, the one that is brought goes there, too, and the result says where that is.
 */
import { isTokenctlError } from '../../errors.ts'
import { appKey } from '../../vault/records.ts'
import type { Vault } from '../../vault/vault.ts'
import { deliverRenewed } from '../delivery/deliver-renewed.ts'
import type { Exit } from '../exit.ts'
import { type DocumentOptions, readDocument } from '../moving/document-source.ts'
import { refuseConflicts } from '../moving/import-conflicts.ts'
import {
  type GivenAccount,
  type GivenApp,
  type GivenDocument,
  readImportDocument,
} from '../moving/import-document.ts'
import { type ImportItem, itemsOf } from '../moving/import-items.ts'
import { type SharedWith, sharedInVault } from '../moving/import-shared.ts'
import { missingKeys } from '../moving/missing-keys.ts'
import { presentProblem } from '../render/error.ts'
import { oneMachine } from '../render/export.ts'
import { type ImportLine, importLine, importResults, importTable } from '../render/import.ts'
import { renderJson } from '../render/json.ts'
import { type MarketplaceRules, rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import { underLock } from '../under-lock.ts'
import type { World } from '../world.ts'
import { vaultForWriting } from '../writing.ts'

export interface ImportOptions extends DocumentOptions {
  readonly dryRun?: boolean
  readonly replace?: boolean
  readonly json?: boolean
}

export async function importRun(options: ImportOptions, world: World): Promise<Exit> {
  const rules = rulesOf(world.settings())
  const text = await readDocument(options, world)
  const now = world.clock.now()
  const document = readImportDocument(text, rules, now)
  const vault = await vaultForReading(world)
  if (options.dryRun !== true) await recoverAll(document, vault, world)
  const items = itemsOf(document, rules, now)
  const shared = await sharedInVault(vault)
  const planned = await plan(items, vault, shared)
  if (options.dryRun === true) {
    const refused = await showPlan(planned, options, world)
    if (refused !== 0) return refused
  } else {
    refuseConflicts(planned, options)
    const lines = await store(items, planned, { ...options, shared }, world)
    say(lines, options, world)
    const headers = lines.flatMap(({ change, header }) =>
      change === 'same' || header === null ? [] : [header],
    )
    await deliverRenewed({ headers, says: options.json !== true }, world)
    if (options.json !== true) {
      sayNext(document, rules, world)
      // Another machine exported it, and may go on renewing.
      const exported = new Set(
        document.accounts.flatMap(each => (each.record === null ? [] : [each.account])),
      )
      const brought = headers.filter(({ account }) => exported.has(account))
      for (const note of oneMachine(brought, rules.adapterOf)) world.terminal.err(`${note}\n`)
    }
  }
  for (const warning of await warningsOf(document, rules, world)) world.terminal.err(`${warning}\n`)
  return 0
}

async function vaultForReading(world: World): Promise<Vault | undefined> {
  const opened = await (await world.openVault('import')).read()
  return opened.state === 'open' ? opened.vault : undefined
}

/** Before anything is planned: an answer that a killed run left changes the record that the plan stands on. */
async function recoverAll(
  { accounts }: GivenDocument,
  vault: Vault | undefined,
  world: World,
): Promise<void> {
  if (vault === undefined) return
  for (const given of accounts) await underLock(refOf(given), vault, world, async () => {})
}

async function plan(
  items: readonly ImportItem[],
  vault: Vault | undefined,
  shared: SharedWith,
): Promise<readonly ImportLine[]> {
  const lines: ImportLine[] = []
  for (const item of items) {
    const { change, differs, header, sharedWith } = await item.look(vault, shared)
    lines.push({ label: item.label, change, differs, header, sharedWith })
  }
  return lines
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

interface StoreOptions extends ImportOptions {
  /** By what was stored when the plan was made. */
  readonly shared: SharedWith
}

/**
 * Stores what the plan would change, each under its lock by what is there then.
 *
 * @throws as `refuseConflicts` where that is something else than was planned on, and must not be done.
 */
async function store(
  items: readonly ImportItem[],
  planned: readonly ImportLine[],
  options: StoreOptions,
  world: World,
): Promise<readonly ImportLine[]> {
  if (planned.every(({ change }) => change === 'same')) return planned
  const vault = await vaultForWriting('import', world)
  const lines: ImportLine[] = []
  for (const [place, item] of items.entries()) {
    const line = planned[place]
    if (line?.change === 'same') lines.push(line)
    else lines.push(await storeOne(item, vault, lines, options, world))
  }
  return lines
}

async function storeOne(
  item: ImportItem,
  vault: Vault,
  before: readonly ImportLine[],
  options: StoreOptions,
  world: World,
): Promise<ImportLine> {
  const { label, event } = item
  return await item.locked(vault, world, async () => {
    const { change, differs, header, sharedWith, save } = await item.look(vault, options.shared)
    const storedBefore = before.filter(each => each.change !== 'same').length
    refuseConflicts([{ label, change, sharedWith }], options, storedBefore)
    if (change !== 'same') {
      await save(vault)
      world.history.note(event)
    }
    return { label, change, differs, header, sharedWith }
  })
}

/**
 * Shows also what cannot be done, so that all of it is seen at once, and ends as the import would: where a program has the
 * plan on standard output already, what stops it is told on standard error.
 *
 * @throws as `refuseConflicts`, for a person
 */
async function showPlan(lines: readonly ImportLine[], options: ImportOptions, world: World): Promise<Exit> {
  if (options.json === true) say(lines, options, world)
  else await showTable(lines, world)
  try {
    refuseConflicts(lines, options)
    return 0
  } catch (error) {
    if (options.json !== true || !isTokenctlError(error)) throw error
    presentProblem(error, world.terminal)
    return error.exit
  }
}

async function showTable(lines: readonly ImportLine[], { terminal }: World): Promise<void> {
  const { renderTable } = await import('../render/table.ts')
  const left = await renderTable(importTable(lines), terminal)
  if (left.length > 0) terminal.err(`Left out for want of room: ${left.join(', ')}.\n`)
}

function say(lines: readonly ImportLine[], { json, dryRun }: ImportOptions, { terminal }: World): void {
  if (json === true) {
    const results = importResults(lines)
    terminal.out(renderJson({ version: 1, dryRun: dryRun === true, results }))
    return
  }
  for (const line of lines) terminal.out(importLine(line))
}

function sayNext(document: GivenDocument, rules: MarketplaceRules, { terminal }: World): void {
  const accounts = document.accounts.filter(({ refreshToken }) => refreshToken !== null)
  const places = [...document.apps.map(app => app.header), ...accounts.map(placeOf)]
  const isSet = ({ marketplace, environment }: Place) =>
    rules.destinationOf(rules.adapterOf(marketplace)).environment === environment
  if (places.some(place => place.environment === 'local' && isSet(place)))
    terminal.err('These records belong to the simulator that is set as endpoint.\n')
  const others = new Set(places.filter(place => !isSet(place)).map(({ environment }) => environment))
  if (others.size > 0)
    terminal.err(
      `Some of them were made in another environment than the one that is set (${[...others].join(', ')}): they are asked there only.\n`,
    )
  terminal.err('Next: `tokenctl status` shows them, `tokenctl renew --all` proves them.\n')
}

type Place = Pick<GivenApp['header'], 'marketplace' | 'environment'>

function placeOf(given: GivenAccount): Place {
  return { marketplace: refOf(given).marketplace, environment: given.environment }
}
