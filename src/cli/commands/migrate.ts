/**
 * `tokenctl migrate`: every record to the other store, and afterwards, when it is wanted, the old copies away. The order
 * that loses nothing is `vault/migrate.ts`; here is what a person is asked and told, and the setting `store`.
 */
import { TokenctlError } from '../../errors.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import { COMFORTABLE_RECORDS, STORES, type StoreName } from '../../vault/choices.ts'
import { readMarker } from '../../vault/marker.ts'
import { keysToMove, moveRecords, settleMove, waitingAccounts } from '../../vault/migrate.ts'
import { VaultDoor, type VaultDoorOptions } from '../../vault/open.ts'
import { openKeySource } from '../../vault/open-store.ts'
import { keySubject } from '../../vault/records.ts'
import { type Removed, removeCopies } from '../../vault/remove-copies.ts'
import { type Exit, gravest } from '../exit.ts'
import { LOCK_MS, settle, untilStopped } from '../moving/all-records.ts'
import { done } from '../noting/history.ts'
import { presentProblem } from '../render/error.ts'
import { renderJson } from '../render/json.ts'
import { presentCopies, presentMoved, STORE_WORDS } from '../render/migrate.ts'
import { setSetting, unsetSetting } from '../settings-file.ts'
import type { MigrateReport } from '../shapes/migrate-shape.ts'
import type { World } from '../world.ts'

export interface MigrateOptions {
  readonly to?: string
  readonly dryRun?: boolean
  readonly removeOld?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

export async function migrateRun(options: MigrateOptions, world: World): Promise<Exit> {
  const to = storeOf(options)
  const given = await world.vaultParts('migrate', { lockMs: LOCK_MS })
  // Where the records rest is the mark's to say here: a setting that says otherwise is what this command is for.
  const parts: VaultDoorOptions = { ...given, settings: { ...given.settings, store: undefined } }
  const moved = to === undefined ? NOT_ASKED : await moveTo(to, options, parts, world)
  const moving = { version: 1 as const, dryRun: options.dryRun === true, to: to ?? null, ...moved }
  const isJson = options.json === true
  if (!isJson) presentMoved(moving, world)
  const { removed, copies } = await removal(options, parts, world)
  const notes = removed === undefined ? [] : keyStays(removed, parts)
  const report: MigrateReport = { ...moving, copies, warnings: [...moved.warnings, ...notes] }
  if (isJson) world.terminal.out(renderJson(report))
  else presentCopies(report, notes, world)
  for (const problem of removed?.left ?? []) presentProblem(problem, world.terminal)
  return gravest((removed?.left ?? []).map(problem => problem.exit))
}

/** @throws {USAGE} for a store that is none, or where nothing is asked for. */
function storeOf({ to, removeOld }: MigrateOptions): StoreName | undefined {
  const store = STORES.find(each => each === to)
  if (store !== undefined || (to === undefined && removeOld === true)) return store
  throw new TokenctlError(
    'USAGE',
    to === undefined ? 'Say where the records are to go.' : `${quoteTyped(to)} is no store.`,
    { fix: 'Give `--to file` (the encrypted folder), `--to keychain` or `--to postgres`.' },
  )
}

type Outcome = Pick<MigrateReport, 'outcome' | 'from' | 'accounts' | 'apps' | 'channels' | 'warnings'>

const NOTHING = { from: null, accounts: [], apps: [], channels: [], warnings: [] }
const NOT_ASKED: Outcome = { outcome: 'not-asked', ...NOTHING }

async function moveTo(
  to: StoreName,
  options: MigrateOptions,
  parts: VaultDoorOptions,
  world: World,
): Promise<Outcome> {
  const set = world.settings().get('store')
  const marker = readMarker(parts.stateDir, parts.files)
  if (marker === undefined || marker.store === to) {
    if (marker === undefined) await refuseForgotten(parts)
    const warnings = options.dryRun !== true && (await settleMove(parts)) ? [FINISHED] : []
    const isSettled =
      options.dryRun === true || (marker === undefined ? set === to : set === undefined || set === to)
    if (!isSettled) await setSetting('store', to, world)
    return { outcome: marker === undefined ? 'nothing-stored' : 'in-use', ...NOTHING, warnings }
  }
  const planned = await keysToMove(to, parts)
  const waiting = await waitingAccounts(parts)
  const from = marker.store
  if (options.dryRun === true) {
    const warnings = [...waitingNotes(waiting), ...manyNotes(to, planned), ...keyNotes(to, marker.id, parts)]
    return { outcome: 'would-move', from, ...namesOf(planned), warnings }
  }
  await refuseMany(to, planned, options, world)
  await settle(waiting, parts, world)
  // A setting that names the old store would stop every run between the mark and its change; without one the mark rules.
  const beforeSwitch = async () => {
    if (set !== undefined) await unsetSetting('store', world)
  }
  const { keys, unreadableLinks } = await untilStopped(`Copied to ${STORE_WORDS[to]}`, world, hooks =>
    moveRecords(to, parts, { ...hooks, beforeSwitch }),
  )
  const names = namesOf(keys)
  for (const name of names.accounts) world.history.note(done('migrate', name))
  for (const name of names.apps) world.history.note(done('app migrate', name))
  // Without a mark, what is left on this machine must not be taken for the records: the setting says that it is not.
  if (set !== undefined || to === 'postgres') await setSetting('store', to, world)
  return { outcome: 'moved', from, ...names, warnings: [...linkNotes(unreadableLinks)] }
}

const FINISHED =
  'The move that was cut off is finished: every machine that chose this store uses these records now.'

/** Stops where there were records and the folder has forgotten them. @throws what the door throws */
async function refuseForgotten(parts: VaultDoorOptions): Promise<void> {
  const door = new VaultDoor(parts)
  try {
    await door.read()
  } finally {
    await door.close()
  }
}

/** @throws {ANSWER_MISSING} where nobody can be asked and `--yes` is not there · {CANCELLED} */
async function refuseMany(
  to: StoreName,
  planned: readonly string[],
  { yes }: MigrateOptions,
  world: World,
): Promise<void> {
  const [note] = manyNotes(to, planned)
  if (note === undefined || yes === true) return
  const prompt = await world.prompt()
  if (await prompt.confirm(`${note} Move them all the same?`, false, { insteadOf: '--yes' })) return
  throw new TokenctlError('CANCELLED', 'Nothing was moved.')
}

function manyNotes(to: StoreName, planned: readonly string[]): readonly string[] {
  if (to !== 'keychain' || planned.length <= COMFORTABLE_RECORDS) return []
  const count = planned.length.toLocaleString('en')
  return [
    `A keychain gets slow past some ${COMFORTABLE_RECORDS} records, and these are ${count}: the file store serves them better.`,
  ]
}

function waitingNotes(waiting: readonly string[]): readonly string[] {
  if (waiting.length === 0) return []
  return [`An answer for ${waiting.join(', ')} would be settled first, or \`tokenctl renew\` has to.`]
}

function keyNotes(to: StoreName, id: string, parts: VaultDoorOptions): readonly string[] {
  if (to === 'keychain') return []
  const source = openKeySource(id, parts).source()
  return [
    source.isMissing()
      ? `The key would be made: ${source.place}.`
      : `The key that they would be sealed with: ${source.place}.`,
  ]
}

function linkNotes(accounts: readonly string[]): readonly string[] {
  return accounts.map(
    account =>
      `The link that was sent for ${account} cannot be read and was left as it is; \`tokenctl login ${account} --link\` makes another.`,
  )
}

function namesOf(keys: readonly string[]): Pick<MigrateReport, 'accounts' | 'apps' | 'channels'> {
  const of = (kind: string) => keys.filter(key => key.startsWith(`${kind}/`)).map(keySubject)
  const channels = of('channel').map(name => name.slice(name.indexOf(':') + 1))
  return { accounts: of('account'), apps: of('app'), channels }
}

/** The key of a store that was emptied: what a backup holds, and what lies aside, opens with nothing else. */
function keyStays({ from, left }: Removed, parts: VaultDoorOptions): readonly string[] {
  if (left.length > 0) return []
  if (from === 'keychain') {
    const id = readMarker(parts.stateDir, parts.files)?.id ?? ''
    return [
      `One item was left in the keychain, the store's own key: ${id}/key. It is no token; records that come back use it again.`,
    ]
  }
  const { place } = openKeySource('', parts).source()
  if (from === 'postgres')
    return [
      `The key was left: ${place}. A backup of the database opens with nothing else, and neither does what the other machines put aside.`,
    ]
  // One key serves both: the fleet's is where the folder's was.
  if (readMarker(parts.stateDir, parts.files)?.store === 'postgres') return []
  return [`The folder's key was left: ${place}. Nothing here needs it any more; a backup of the folder does.`]
}

interface Removal extends Pick<MigrateReport, 'copies'> {
  readonly removed?: Removed
}

/** What becomes of the copies in a store that is not in use. */
async function removal(options: MigrateOptions, parts: VaultDoorOptions, world: World): Promise<Removal> {
  const other = readMarker(parts.stateDir, parts.files)?.other
  if (other === undefined) return { copies: null }
  const { store } = other
  if (options.dryRun === true)
    return { copies: { store, outcome: options.removeOld === true ? 'would-be-removed' : 'left' } }
  if (!(await isRemovalWanted(store, options, world))) return { copies: { store, outcome: 'left' } }
  const removed = await untilStopped(`Removed from ${STORE_WORDS[store]}`, world, hooks =>
    removeCopies(parts, hooks),
  )
  if (removed === undefined) return { copies: null }
  return { copies: { store, outcome: removed.left.length === 0 ? 'removed' : 'partly-removed' }, removed }
}

async function isRemovalWanted(
  store: StoreName,
  { removeOld, yes, json }: MigrateOptions,
  world: World,
): Promise<boolean> {
  if (removeOld === true) return true
  if (yes === true || json === true || !world.terminal.isInteractive) return false
  const prompt = await world.prompt()
  const question = `Remove the copies in ${STORE_WORDS[store]} now?`
  return await prompt.confirm(question, false, { insteadOf: '--remove-old' })
}
