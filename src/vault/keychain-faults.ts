/** The error for each thing that can be wrong with a keychain (`keychain-texts.ts` tells them apart), with its mend. */
import { TokenctlError } from '../errors.ts'
import type { KeychainFault } from './keychain-texts.ts'

const FILE_STORE =
  'Where there is none (servers, containers, cron) the file store serves: `tokenctl config set store file`.'
const NO_SESSION =
  "A keychain answers in a desktop session; for cron use a systemd user timer, or set DBUS_SESSION_BUS_ADDRESS to the session's bus."

/** The error for a fault; `detail` is the native library's own text, for faults that nobody has named yet. */
export function faultError(fault: KeychainFault, detail?: string): TokenctlError {
  const unavailable = (message: string, fix: string) =>
    new TokenctlError('VAULT_UNAVAILABLE', message, { fix })
  switch (fault) {
    case 'locked':
      return new TokenctlError(
        'VAULT_LOCKED',
        'The keychain is locked, and nobody could be asked to open it.',
        {
          fix: 'Log in at the desktop or unlock the keyring there, and run it again. Your accounts are still stored.',
        },
      )
    case 'no-bus':
      return unavailable('There is no keychain here: no session bus answers.', `${NO_SESSION} ${FILE_STORE}`)
    case 'no-service':
      return unavailable(
        'There is no keychain here: nothing on the session bus provides the Secret Service.',
        `Install and start one (gnome-keyring, KWallet, KeePassXC). ${FILE_STORE}`,
      )
    case 'no-keyring':
      return unavailable(
        'The keychain has no keyring to store in yet.',
        `Log in at the desktop once, or make a default keyring with its own program (Passwords and Keys, KWallet). ${FILE_STORE}`,
      )
    case 'denied':
      return unavailable(
        'The keychain refused us: access was denied.',
        'Run tokenctl as the user whose session it is (sudo and su keep the old session), and allow it when asked.',
      )
    case 'hung':
      return unavailable(
        'The keychain did not answer in time.',
        'Its service or the bus hangs, or a question waits on a screen: answer it, or log out and in again.',
      )
    case 'no-binding':
      return unavailable(
        'The part of tokenctl that speaks with keychains does not load on this machine.',
        `Install tokenctl again here, with optional packages. ${FILE_STORE}`,
      )
    case 'ambiguous':
      return new TokenctlError('RECORD_UNREADABLE', 'The keychain holds the same item more than once.', {
        fix: "Another program copied it. Remove the older one in the keychain's own program.",
      })
    case 'too-long':
      return new TokenctlError('WRITE_FAILED', 'The keychain does not take an item of this length.')
    case 'other':
      return unavailable(
        `The keychain failed${detail === undefined ? '' : `: ${detail}`}.`,
        'See whether its own program works.',
      )
  }
}
