/**
 * A user that the system does not know, without a HOME: a container that was given a number to run as. Libraries ask
 * where home is as they are loaded, and Node throws then, whether or not anything there is wanted.
 */
import { homedir } from 'node:os'

/** What Debian calls the home of users that have none. */
const NONE = '/nonexistent'

/** Gives such a process a HOME that is none. Any other environment stays as it is. */
export function nameMissingHome(env: NodeJS.ProcessEnv, home: () => string = homedir): void {
  try {
    home()
  } catch {
    env['HOME'] = NONE
  }
}
