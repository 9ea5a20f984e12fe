/** `tokenctl config`: settings, one at a time. */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import { MARKETPLACE_IDS, SHIPPED_IDS } from '../../marketplaces/ids.ts'
import {
  checkSetting,
  isSettingKey,
  Settings,
  settingFacts,
  settingKeys,
  settingsPath,
  unknownSetting,
} from '../../settings.ts'
import { formatDuration } from '../../tokens/time.ts'
import { STORES } from '../../vault/choices.ts'
import type { Exit } from '../exit.ts'
import { renderJson } from '../render/json.ts'
import { rulesOf } from '../rules.ts'
import { setSetting, unsetSetting } from '../settings-file.ts'
import type { World } from '../world.ts'

/** What holds for a key: what was set, else what it inherits, else its default; null where the program decides. */
function effective(key: string, world: World): string | null {
  const [family = '', marketplace] = key.split('.')
  const settings = world.settings()
  if (marketplace === undefined) return settings.get(key) ?? settingFacts(key).byDefault ?? null
  const value = settings.get(key) ?? settings.get(family) ?? settingFacts(key).byDefault
  if (value !== undefined || family !== 'lifetime') return value ?? null
  try {
    return formatDuration(rulesOf(settings).adapterOf(marketplace).estimatedLifetime)
  } catch (error) {
    // A manifest that is no good is told by whatever uses it; here it only has no lifetime.
    if (isTokenctlError(error)) return null
    throw error
  }
}

export async function configGetRun({ key }: { readonly key: string }, world: World): Promise<Exit> {
  if (!isSettingKey(key, world.ownMarketplaces)) throw unknownSetting(key)
  const value = effective(key, world)
  if (value === null) world.terminal.err(`\`${key}\` is not set.\n`)
  else world.terminal.out(`${value}\n`)
  return 0
}

export async function configSetRun(
  { key, value }: { readonly key: string; readonly value: string },
  world: World,
): Promise<Exit> {
  const { resolve } = await import('node:path')
  const wanted = key === 'key-file' ? resolve(value) : value.trim()
  checkSetting(key, wanted, world.ownMarketplaces)
  refuseMissingSandbox(key, wanted, world)
  await refuseWhereRecordsRest(key, wanted, world)
  await setSetting(key, wanted, world)
  world.terminal.err(`${key} is now ${wanted}.\n`)
  return 0
}

/** @throws {SETTINGS_INVALID} for a sandbox that the vendor does not have: every later command would stumble over it. */
function refuseMissingSandbox(key: string, value: string, { ownMarketplaces }: World): void {
  const [family, marketplace = ''] = key.split('.')
  if (family !== 'environment') return
  const rules = rulesOf(new Settings({ [key]: value }, ownMarketplaces))
  rules.destinationOf(rules.adapterOf(marketplace))
}

/**
 * The store and its key cannot be changed under records that rest there; a key file that is to be is made.
 *
 * @throws {STORE_IN_USE} · {RECORD_UNREADABLE} when the records were sealed with another key · {VAULT_UNAVAILABLE}
 */
async function refuseWhereRecordsRest(key: string, value: string, world: World): Promise<void> {
  if (key !== 'store' && key !== 'key-file' && key !== 'key-source') return
  const door = await world.openVault('config set')
  if (key === 'key-file') return await door.prepareKeyFile(value)
  if (key === 'key-source') return await refuseKeyOf({ 'key-source': value }, world)
  const inUse = await door.otherStoreInUse(STORES.find(each => each === value) ?? 'keychain')
  if (inUse === undefined) return
  throw new TokenctlError(
    'STORE_IN_USE',
    `Records rest in the ${inUse} store; changing \`store\` would lose sight of them.`,
    {
      fix: `Leave it at \`${inUse}\`, or move the records: \`tokenctl migrate --to ${value}\` sets it, too.`,
    },
  )
}

/** Stops where another key than that of the records would hold. @throws as `refuseWhereRecordsRest` */
async function refuseKeyOf(
  change: Readonly<Record<string, string | undefined>>,
  world: World,
): Promise<void> {
  const now = keySettings(world)
  if (now === undefined) return
  const next = { ...now, ...change }
  const source = (value: string | undefined) => value ?? settingFacts('key-source').byDefault
  const isSame = source(next['key-source']) === source(now['key-source'])
  if (isSame && next['key-file'] === now['key-file']) return
  const door = await world.openVault('config')
  await door.refuseKeyChoice({ keySource: next['key-source'], keyFile: next['key-file'] })
}

/** What is set of the key; undefined where the file cannot be read, which a change may be there to mend. */
function keySettings(world: World) {
  try {
    const settings = world.settings()
    return { 'key-source': settings.get('key-source'), 'key-file': settings.get('key-file') }
  } catch (error) {
    if (isTokenctlError(error)) return undefined
    throw error
  }
}

export async function configUnsetRun({ key }: { readonly key: string }, world: World): Promise<Exit> {
  if (key === 'key-file' || key === 'key-source') await refuseKeyOf({ [key]: undefined }, world)
  const was = await unsetSetting(key, world)
  const value = isSettingKey(key, world.ownMarketplaces) ? effective(key, world) : null
  const now = value === null ? '' : ` It is now ${value}.`
  world.terminal.err(was ? `${key} is no longer set.${now}\n` : `${key} was not set.${now}\n`)
  return 0
}

export async function configListRun({ json }: { readonly json?: boolean }, world: World): Promise<Exit> {
  const settings = world.settings()
  const ids = new Set([...MARKETPLACE_IDS, ...SHIPPED_IDS, ...world.ownMarketplaces.ids()])
  const rows = settingKeys([...ids]).map(key => ({
    key,
    value: effective(key, world),
    source: settings.get(key) === undefined ? 'default' : 'set',
    help: settingFacts(key).help,
  }))
  if (json === true)
    world.terminal.out(renderJson({ version: 1, file: settingsPath(world.folders), settings: rows }))
  else {
    const width = Math.max(...rows.map(row => row.key.length))
    // What a setting does is said once, over its general form and those for one marketplace.
    const lines = rows.flatMap(({ key, value, source, help }, index) => {
      const line = `  ${key.padEnd(width)}  ${value ?? '-'}${source === 'set' ? '  (set)' : ''}`
      return rows[index - 1]?.help === help
        ? [line]
        : [`${help.charAt(0).toUpperCase()}${help.slice(1)}:`, line]
    })
    world.terminal.out(`${lines.join('\n')}\n`)
  }
  return 0
}

export async function configPathRun(world: World): Promise<Exit> {
  world.terminal.out(`${settingsPath(world.folders)}\n`)
  return 0
}
