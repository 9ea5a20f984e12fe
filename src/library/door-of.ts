/**
 * The door to the vault of a program that may run for weeks: settings are read once, and a move to another store
 * (`tokenctl migrate`) changes one of them meanwhile.
 */
import type { Door, World } from '../cli/world.ts'
import { isTokenctlError } from '../errors.ts'

/** What the door gives; where it says that the records rest elsewhere, after the settings were read anew. */
export async function throughDoor<T>(world: World, use: (door: Door) => Promise<T>): Promise<T> {
  try {
    return await use(await world.openVault('library'))
  } catch (error) {
    if (!isTokenctlError(error) || error.code !== 'STORE_IN_USE') throw error
    world.forgetSettings()
    return await use(await world.openVault('library'))
  }
}
