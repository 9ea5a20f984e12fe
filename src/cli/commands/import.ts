/**
 * `tokenctl import`: apps and accounts from one JSON document on standard input. All is checked before any is stored, and
 * each again under its lock: what another run did meanwhile is never overwritten unseen. Where an account hands its tokens
 * on, the one that is brought goes there, too, and the result says where that is.
 */
import type { AccountHeader } from '../../tokens/token-set.ts'
import { appKey } from '../../vault/records.ts'
import type { Vault } from '../../vault/vault.ts'
import { deliverRenewed } from '../deliver-renewed.ts'
import type { Exit } from '../exit.ts'
import { refuseConflicts } from '../import-conflicts.ts'
import { type GivenDocument, readImportDocument } from '../import-document.ts'
import { type ImportItem, itemsOf } from '../import-items.ts'
import type { Change } from '../import-plan.ts'
import { missingKeys } from '../missing-keys.ts'
import { renderJson } from '../render/json.ts'
import { safeLine } from '../render/safe-text.ts'
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

/** What became of one record, or would. */
interface Line {
  readonly label: string
  readonly change: Change
  /** The account as it is stored now, or would be; null for an app. */
  readonly header: AccountHeader | null
}

export async function importRun(options: ImportOptions, world: World): Promise<Exit> {
  const text = await world.terminal.readStdin('an import document')
  const rules = rulesOf(world.settings())
  const now = world.clock.now()
  const document = readImportDocument(text, rules, now)
  const vault = await vaultForReading(world)
  if (options.dryRun !== true) await recoverAll(document, vault, world)
  const items = itemsOf(document, rules, now)
  const planned = await plan(items, vault)
  refuseConflicts(planned, options)
  const lines = options.dryRun === true ? planned : await store(items, planned, options, world)
  say(lines, options, world)
  if (options.dryRun !== true) {
    const headers = lines.flatMap(({ change, header }) =>
      change === 'same' || header === null ? [] : [header],
    )
    await deliverRenewed({ headers, says: options.json !== true }, world)
    if (options.json !== true) sayNext(document, world)
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

async function plan(items: readonly ImportItem[], vault: Vault | undefined): Promise<readonly Line[]> {
  const lines: Line[] = []
  for (const item of items) {
    const { change, header } = await item.look(vault)
    lines.push({ label: item.label, change, header })
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

/**
 * Stores what the plan would change, each under its lock by what is there then.
 *
 * @throws as `refuseConflicts` where that is something else than was planned on, and must not be done.
 */
async function store(
  items: readonly ImportItem[],
  planned: readonly Line[],
  options: ImportOptions,
  world: World,
): Promise<readonly Line[]> {
  if (planned.every(({ change }) => change === 'same')) return planned
  const vault = await vaultForWriting('import', world)
  const lines: Line[] = []
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
  before: readonly Line[],
  options: ImportOptions,
  world: World,
): Promise<Line> {
  const { label, event } = item
  return await item.locked(vault, world, async () => {
    const { change, header, save } = await item.look(vault)
    const storedBefore = before.filter(each => each.change !== 'same').length
    refuseConflicts([{ label, change }], options, storedBefore)
    if (change !== 'same') {
      await save(vault)
      world.history.note(event)
    }
    return { label, change, header }
  })
}

const WORDS: Readonly<Record<Change, readonly [done: string, planned: string]>> = {
  added: ['added', 'would be added'],
  same: ['the same, nothing to do', 'the same, nothing to do'],
  replaced: ['replaced', 'would be replaced'],
  older: ['older', 'older'],
  elsewhere: ['elsewhere', 'elsewhere'],
}

function say(lines: readonly Line[], options: ImportOptions, world: World): void {
  const isPlan = options.dryRun === true
  if (options.json === true) {
    const results = lines.map(line => ({ name: line.label, change: line.change, deliversTo: targetOf(line) }))
    world.terminal.out(renderJson({ version: 1, dryRun: isPlan, results }))
    return
  }
  for (const line of lines) {
    const target = targetOf(line)
    const goes =
      target === null ? '' : `; its tokens ${isPlan ? 'would go' : 'go'} to ${safeLine(target)}, as before`
    world.terminal.out(`${line.label}: ${WORDS[line.change][isPlan ? 1 : 0]}${goes}\n`)
  }
}

/** Where a token that the import brings is handed on to; null where that is nowhere, or nothing is brought. */
function targetOf({ change, header }: Line): string | null {
  return change === 'same' ? null : (header?.delivery?.target ?? null)
}

function sayNext({ apps, accounts }: GivenDocument, { terminal }: World): void {
  const places = new Set([...apps.map(app => app.header), ...accounts].map(({ environment }) => environment))
  if (places.has('local')) terminal.err('These records belong to the simulator that is set as endpoint.\n')
  terminal.err('Next: `tokenctl status` shows them, `tokenctl renew --all` proves them.\n')
}
