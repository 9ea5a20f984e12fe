/** Where this user's settings and state rest: the platform's own folders, or TOKENCTL_HOME for both together. */
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import envPaths from 'env-paths'
import { TokenctlError } from '../errors.ts'

export interface Folders {
  /** Holds `config.json`; no secret but, where nobody chose another place, the file store's key. */
  readonly settings: string
  /** Holds the vault's files, locks and marks. */
  readonly state: string
}

/** The folders by the environment. A relative TOKENCTL_HOME counts from the working folder. */
export function foldersOf(env: Readonly<Record<string, string | undefined>>): Folders {
  const home = env['TOKENCTL_HOME']
  if (home !== undefined && home !== '')
    return { settings: resolve(home), state: join(resolve(home), 'state') }
  const paths = envPaths('tokenctl', { suffix: '' })
  return { settings: paths.config, state: paths.data }
}

/**
 * The folder of this user's locks on what is the user's own and no folder's. By the system's user list and nothing in
 * the environment, so that a run with another HOME meets the same locks.
 *
 * @throws {VAULT_UNAVAILABLE} for a user that the system's list does not know.
 */
export function userLocksFolder(platform: NodeJS.Platform): string {
  const homedir = homeOfUser()
  if (platform === 'win32') return join(homedir, 'AppData', 'Local', 'tokenctl', 'locks')
  if (platform === 'darwin') return join(homedir, 'Library', 'Application Support', 'tokenctl', 'locks')
  return join(homedir, '.local', 'state', 'tokenctl', 'locks')
}

function homeOfUser(): string {
  try {
    return userInfo().homedir
  } catch (cause) {
    throw new TokenctlError(
      'VAULT_UNAVAILABLE',
      "This user is not in the system's user list, so there is no place for the locks on a keychain.",
      {
        fix: 'Use the file store (`tokenctl config set store file`), or a user that the system knows.',
        cause,
      },
    )
  }
}
