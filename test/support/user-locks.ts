/** The locks that a vault in the keychain leaves in the user's own folder, where no TOKENCTL_HOME has a say. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { userLocksFolder } from '../../src/platform/folders.ts'

/** The folder of the locks of a home's vault, which is marked. */
export function userLocksOf(home: string): string {
  const { id } = JSON.parse(readFileSync(join(home, 'state', 'vault.json'), 'utf8')) as { id: string }
  if (!/^[0-9a-f]{16}$/.test(id)) throw new Error(`${home} has no vault`)
  return join(userLocksFolder(process.platform), id)
}

/** Removes them, once nothing of the home runs any more. */
export function removeUserLocks(home: string): void {
  rmSync(userLocksOf(home), { recursive: true, force: true })
}
