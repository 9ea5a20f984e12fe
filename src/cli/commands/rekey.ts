/**
 * `tokenctl rekey`: every record under a new key. The order that loses nothing is `vault/rekey.ts`; here is what a person is
 * told, and the setting `key-file`, which follows where it is a setting that says where the key is.
 */
import { resolve } from 'node:path'
import { TokenctlError } from '../../errors.ts'
import { waitingAccounts } from '../../vault/migrate.ts'
import type { VaultDoorOptions } from '../../vault/open.ts'
import { type RekeyPlan, rekey, rekeyPlan } from '../../vault/rekey.ts'
import type { Exit } from '../exit.ts'
import { LOCK_MS, settle, untilStopped } from '../moving/all-records.ts'
import { renderJson } from '../render/json.ts'
import { presentRekey } from '../render/rekey.ts'
import { setSetting } from '../settings-file.ts'
import type { RekeyReport } from '../shapes/rekey-shape.ts'
import type { World } from '../world.ts'

export interface RekeyOptions {
  readonly newKeyFile?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

export async function rekeyRun(options: RekeyOptions, world: World): Promise<Exit> {
  const parts = await world.vaultParts('rekey', { lockMs: LOCK_MS })
  const report = await rekeyed(options, parts, world)
  if (options.json === true) world.terminal.out(renderJson(report))
  else presentRekey(report, world)
  return 0
}

async function rekeyed(options: RekeyOptions, parts: VaultDoorOptions, world: World): Promise<RekeyReport> {
  const plan = rekeyPlan(newKeyFile(options), parts)
  const { keyFile, store } = plan
  const facts = { version: 1, dryRun: options.dryRun === true, keyFile, records: null } as const
  const unknown = { keyId: null, keyBefore: null, warnings: [] }
  if (store === undefined || store === 'keychain')
    return { ...facts, ...unknown, outcome: 'nothing-stored', store: null }
  if (options.dryRun === true)
    return { ...facts, ...unknown, outcome: 'would-seal', store, warnings: [...planned(plan)] }
  await settle(await waitingAccounts(parts), parts, world)
  const warnings: string[] = []
  const whenSealed = async () => {
    warnings.push(...(await follow(plan, parts, world)))
  }
  const { outcome, keyId, before, count, unreadableLinks } = await untilStopped('Sealed', world, hooks =>
    rekey({ ...plan, store }, parts, { ...hooks, whenSealed }),
  )
  warnings.push(...linkNotes(unreadableLinks))
  const records = outcome === 'sealed' ? count : null
  return { ...facts, outcome, store, records, keyId, keyBefore: before, warnings }
}

/** @throws {USAGE} for a path that would mean another file elsewhere */
function newKeyFile({ newKeyFile: given }: RekeyOptions): string | undefined {
  if (given === undefined) return undefined
  if (given.trim() === '' || given.includes('\0'))
    throw new TokenctlError('USAGE', '`--new-key-file` names no file.', { fix: 'Give the path of a file.' })
  return resolve(given)
}

function planned({ place, isToBeMade }: RekeyPlan): readonly string[] {
  return [`The key is now ${place}.`, ...(isToBeMade ? ['The new one would be made.'] : [])]
}

/** Has this machine look for the key where it is from now on. What only a person can change is said. */
async function follow(
  { keyFile, place }: RekeyPlan,
  { settings, defaultKeyFile, env }: VaultDoorOptions,
  world: World,
): Promise<readonly string[]> {
  if (place === keyFile) return []
  const isItem = settings.keySource === 'keychain'
  if (isItem) await setSetting('key-source', 'file', world)
  await setSetting('key-file', keyFile, world)
  const goesBefore = isItem ? env['TOKENCTL_KEY_FILE'] : place
  if (goesBefore === undefined || goesBefore === (settings.keyFile ?? defaultKeyFile)) return []
  return [
    `The key comes from ${goesBefore}, which goes before the setting \`key-file\`: give the new one in its place (TOKENCTL_KEY_FILE, or the credential of the unit), or nothing opens.`,
  ]
}

function linkNotes(accounts: readonly string[]): readonly string[] {
  return accounts.map(
    account =>
      `The link that was sent for ${account} cannot be read and was left as it is; \`tokenctl login ${account} --link\` makes another.`,
  )
}
