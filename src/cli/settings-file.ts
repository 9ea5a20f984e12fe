/** Changing the settings file, through conf: it writes whole files and renames them into place. */
import { TokenctlError } from '../errors.ts'
import { isSettingKey, settingsPath, unknownSetting } from '../settings.ts'
import type { World } from './world.ts'

/** Sets one value, which the caller has checked. */
export async function setSetting(key: string, value: string, world: World): Promise<void> {
  await change(world, values => ({ ...values, [key]: value }))
}

/**
 * Takes one value out, so that its default holds; false when it was not set. A key that is no setting is taken out
 * too where the file holds it: that is how a person mends a misspelt one.
 *
 * @throws {SETTINGS_INVALID} when the key is none and is not in the file.
 */
export async function unsetSetting(key: string, world: World): Promise<boolean> {
  let was = false
  await change(world, values => {
    const { [key]: old, ...rest } = values
    was = old !== undefined
    return was ? rest : values
  })
  if (!was && !isSettingKey(key, world.ownMarketplaces)) throw unknownSetting(key)
  return was
}

type Values = Readonly<Record<string, unknown>>

async function change(world: World, next: (values: Values) => Values): Promise<void> {
  const { settings: cwd } = world.folders
  world.files.ensurePrivateFolder(cwd)
  await world.locks.hold('settings', async () => {
    const before = rawValues(world)
    const after = next(before)
    if (after === before) return
    const { default: Conf } = await import('conf')
    try {
      const conf = new Conf<Record<string, unknown>>({
        cwd,
        configName: 'config',
        accessPropertiesByDotNotation: false,
        configFileMode: 0o600,
      })
      conf.store = after
    } catch (cause) {
      throw new TokenctlError(
        'WRITE_FAILED',
        `The settings file ${settingsPath(world.folders)} could not be written.`,
        {
          fix: 'Check the permissions of its folder and the space on the disk. Nothing was changed.',
          cause,
        },
      )
    }
  })
  world.forgetSettings()
}

/** What the file holds, good or bad: a bad value must not stand in the way of mending it. */
function rawValues(world: World): Values {
  const path = settingsPath(world.folders)
  const text = world.files.readPlain(path) ?? ''
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Falls through to the one error for both: the file must be mended by hand, since what it meant is unknown.
  }
  throw new TokenctlError('SETTINGS_INVALID', `The settings file ${path} is not a JSON object.`, {
    fix: 'Mend the file, or remove it to start from the defaults; it holds no secrets.',
  })
}
